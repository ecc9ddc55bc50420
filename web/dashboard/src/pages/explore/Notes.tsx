// What readers must know before trusting the numbers: the days they cover, which are missing or may still change, lookups
// in several states, and groups that overlap. The line is always there, so that nothing moves when a note appears.

import { type Answered, type Loaded, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { formatCount, formatDays, formatRange } from '../../format';
import './Notes.css';

interface NotesProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
}

export function Notes({ dataset, loaded }: NotesProps) {
  const shown = shownOf(loaded);
  const notes = shown ? notesOf(shown, dataset) : [];
  if (notes.length === 0) return <div className="notes" />;
  return (
    <ul className="notes" aria-label="Notes on these numbers">
      {notes.map((note) => (
        <li key={note.text} className={`note note-${note.kind}`}>
          {note.text}
        </li>
      ))}
    </ul>
  );
}

interface Note {
  readonly kind: 'caution' | 'plain';
  readonly text: string;
}

function notesOf({ answer, query }: Answered, dataset: Dataset): Note[] {
  const notes: Note[] = [];
  const { from, to, missingRanges, nMissing, retiredRanges, provisionalRanges, mixedLookups, nDays } = answer.coverage;
  if (from !== null && to !== null) {
    const text = `${formatRange(from, to)}, ${nDays === 1 ? '1 day' : `${formatCount(nDays)} days`}`;
    notes.push({ kind: 'plain', text });
  }
  if (nMissing > 0) {
    const verb = nMissing === 1 ? 'is' : 'are';
    const text = `${formatCount(nMissing)} of ${formatCount(nDays)} days ${verb} missing from these numbers: ${formatDays(missingRanges)}.`;
    notes.push({ kind: 'caution', text });
  }
  if (retiredRanges.length > 0) {
    const text = `Kept only as whole months: ${formatDays(retiredRanges)}. Ask for the whole month, not day by day.`;
    notes.push({ kind: 'caution', text });
  }
  if (provisionalRanges.length > 0) {
    notes.push({ kind: 'caution', text: `Provisional, may still change: ${formatDays(provisionalRanges)}.` });
  }
  for (const { message } of mixedLookups) {
    notes.push({ kind: 'caution', text: `${message}.` });
  }
  // A comparison with members involves no other days.
  if (query.compare?.previousPeriod || query.compare?.days) notes.push(comparedNote(answer));
  if (answer.overlapping.length > 0) {
    const labels = answer.overlapping.map(
      (name) => dataset.fields.find((field) => field.enumName === name)?.label ?? name,
    );
    const text = `Groups by ${labels.join(' and ')} overlap: one cell can count in several, so they do not add up to the total.`;
    notes.push({ kind: 'plain', text });
  }
  return notes;
}

/** The days that numbers are compared with, and whether their number is the same. */
function comparedNote({ coverage, comparedCoverage }: Answered['answer']): Note {
  const { from = null, to = null, nDays = 0, nMissing = 0 } = comparedCoverage ?? {};
  if (from === null || to === null) return { kind: 'caution', text: 'There are no days to compare with.' };
  const text = `Compared with ${formatRange(from, to)}; changes within counting error are marked “=”.`;
  const here = coverage.nDays - coverage.nMissing;
  const there = nDays - nMissing;
  if (here === there) return { kind: 'plain', text };
  return { kind: 'caution', text: `Compared with ${formatRange(from, to)}, which have data on ${formatCount(there)} days against ${formatCount(here)}: counts grow with the number of days.` };
}
