// The context of numbers that leave the page: their days, filter and snapshot, and what their bounds mean.

import { type Answered, measuresOf } from '../api/cube';
import type { Dataset } from '../api/dataset';
import type { Snapshot } from '../api/session';
import { formatCount, formatDays, formatMoment, formatRange, formatSpoken, NO_VALUE } from '../format';
import { type Clause, readClause } from './clause';

/** A panel's numbers, if they are one answer of the cube, and where they come from. */
export interface Taken {
  readonly title: string;
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly answered: Answered | null;
  /** Whether the panel has rows of its own, so that the answer only tells their days, filter and snapshot. */
  readonly hasOwnRows?: boolean;
}

/** The days and the filter, one line each. */
export function aboutLines({ answered, dataset }: Taken): string[] {
  if (answered === null) return [];
  const { answer, query } = answered;
  const { from, to, nDays, nMissing, missingRanges, provisionalRanges } = answer.coverage;
  const lines: string[] = [];
  if (from !== null && to !== null) {
    const missing = nMissing > 0 ? `; ${formatCount(nMissing)} missing: ${formatDays(missingRanges)}` : '';
    const provisional = provisionalRanges.length > 0 ? `; provisional: ${formatDays(provisionalRanges)}` : '';
    lines.push(`${formatRange(from, to)}, ${formatCount(nDays)} ${nDays === 1 ? 'day' : 'days'}${missing}${provisional}`);
  }
  const clause = readClause(query.where ?? null, dataset);
  if (clause !== null) lines.push(`Filter: ${inWords(clause)}`);
  return lines;
}

/** Where the numbers come from, and what the bounds mean. */
export function sourceLine({ snapshot, dataset, answered }: Taken): string {
  const version = answered?.version ?? snapshot.version;
  // The page may have moved on to another snapshot than that of the answer on the screen.
  const when = version === snapshot.version ? `, committed ${formatMoment(snapshot.committedAt)}` : '';
  return `Clio · ${dataset.name} · snapshot ${version}${when} · bounds cover counting error, 95\u202f%`;
}

/** The totals with bounds, for a picture that shows no bounds with its numbers. */
export function totalLines({ answered, dataset }: Taken): string[] {
  if (answered === null) return [];
  const { values } = answered.answer.total;
  return measuresOf(answered, dataset).map((measure, at) => `All: ${measure.label} ${formatSpoken(values[at] ?? NO_VALUE, measure)}`);
}

/** How many values are listed; the rest are counted. */
const MOST_VALUES = 8;

export function inWords(clause: Clause): string {
  switch (clause.kind) {
    case 'all':
    case 'some': {
      const parts = clause.parts.map((part) => (part.kind === 'all' || part.kind === 'some' ? `(${inWords(part)})` : inWords(part)));
      return parts.join(clause.kind === 'all' ? ' and ' : ' or ');
    }
    case 'not':
      return `not (${inWords(clause.part)})`;
    case 'missing':
      return `${clause.field.label} ${clause.is ? 'is missing' : 'is not missing'}`;
    case 'values': {
      const shown = clause.values.slice(0, MOST_VALUES).join(', ');
      const more = clause.values.length > MOST_VALUES ? ` and ${formatCount(clause.values.length - MOST_VALUES)} more` : '';
      const words = { anyOf: clause.values.length === 1 ? 'is' : 'any of', allOf: 'all of', noneOf: 'none of' };
      return `${clause.field.label} ${words[clause.operator]} ${shown}${more}`;
    }
  }
}
