// What readers must know before trusting the numbers: the days they cover, which are missing or may still change, what
// the service does not hold, lookups in several states, and groups that overlap. The line is always there, so that nothing moves when a note appears.

import { type Answered, type Loaded, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { formatDays, formatList, formatRange } from '../../format';
import { t } from '../../language';
import { heldPart } from '../../heldPart';
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
    <ul className="notes" aria-label={t('notes.numbers')}>
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
  const { from, to, missingRanges, nMissing, retiredRanges, provisionalRanges, mixedLookups, nDays, projection } = answer.coverage;
  if (from !== null && to !== null) {
    notes.push({ kind: 'plain', text: t('notes.days', { range: formatRange(from, to), days: nDays }) });
  }
  if (nMissing > 0) {
    notes.push({ kind: 'caution', text: t('notes.missing', { missing: nMissing, days: nDays, which: formatDays(missingRanges) }) });
  }
  if (retiredRanges.length > 0) {
    notes.push({ kind: 'caution', text: t('notes.retired', { which: formatDays(retiredRanges) }) });
  }
  if (provisionalRanges.length > 0) {
    notes.push({ kind: 'caution', text: t('notes.provisional', { which: formatDays(provisionalRanges) }) });
  }
  if (projection !== null) notes.push({ kind: 'caution', text: heldPart(projection) });
  for (const { lookup, stateCount, otherRanges } of mixedLookups) {
    notes.push({ kind: 'caution', text: t('notes.mixed', { lookup, states: stateCount, which: formatDays(otherRanges) }) });
  }
  // A comparison with members involves no other days.
  if (query.compare?.previousPeriod || query.compare?.days) notes.push(comparedNote(answer));
  if (answer.overlapping.length > 0) {
    const labels = answer.overlapping.map(
      (name) => dataset.fields.find((field) => field.enumName === name)?.label ?? name,
    );
    notes.push({ kind: 'plain', text: t('notes.overlap', { fields: formatList(labels) }) });
  }
  return notes;
}

/** The days that numbers are compared with, and whether their number is the same. */
function comparedNote({ coverage, comparedCoverage }: Answered['answer']): Note {
  const { from = null, to = null, nDays = 0, nMissing = 0 } = comparedCoverage ?? {};
  if (from === null || to === null) return { kind: 'caution', text: t('notes.nothingBeside') };
  const range = formatRange(from, to);
  const here = coverage.nDays - coverage.nMissing;
  const there = nDays - nMissing;
  if (here === there) return { kind: 'plain', text: t('notes.beside', { range }) };
  return { kind: 'caution', text: t('notes.besideOther', { range, there, here }) };
}
