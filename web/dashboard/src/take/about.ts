// What stands around numbers that leave the page: of which days, filter and snapshot they are, and what their bounds mean.

import type { Answered } from '../api/cube';
import type { Dataset } from '../api/dataset';
import type { Snapshot } from '../api/session';
import { formatCount, formatDays, formatMoment, formatRange, formatSpoken, NO_VALUE } from '../format';
import { measuresOf } from '../pages/explore/columns';
import { type Clause, readClause } from './clause';

/** A panel's numbers, as far as they are one answer of the cube, and where they are from. */
export interface Taken {
  readonly title: string;
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly answered: Answered | null;
  /** The panel shows rows of its own, and the answer says only of what they are. */
  readonly hasOwnRows?: boolean;
}

/** The days and the filter, a line each. */
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

/** Where it is from, and what the bounds are. */
export function sourceLine({ snapshot, dataset, answered }: Taken): string {
  const version = answered?.version ?? snapshot.version;
  // The page may have gone on to another snapshot than the one of a shown answer.
  const when = version === snapshot.version ? `, committed ${formatMoment(snapshot.committedAt)}` : '';
  return `Clio · ${dataset.name} · snapshot ${version}${when} · bounds are those of counting, 95\u202f%`;
}

/** What all of it comes to, with bounds: for a picture that has none beside its numbers. */
export function totalLines({ answered, dataset }: Taken): string[] {
  if (answered === null) return [];
  const { values } = answered.answer.total;
  return measuresOf(answered, dataset).map((measure, at) => `All: ${measure.label} ${formatSpoken(values[at] ?? NO_VALUE, measure)}`);
}

/** More values than these are counted. */
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
      return `${clause.field.label} ${clause.is ? 'is missing' : 'is there'}`;
    case 'values': {
      const shown = clause.values.slice(0, MOST_VALUES).join(', ');
      const more = clause.values.length > MOST_VALUES ? ` and ${formatCount(clause.values.length - MOST_VALUES)} more` : '';
      const words = { anyOf: clause.values.length === 1 ? 'is' : 'any of', allOf: 'all of', noneOf: 'none of' };
      return `${clause.field.label} ${words[clause.operator]} ${shown}${more}`;
    }
  }
}
