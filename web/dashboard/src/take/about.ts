// The context of numbers that leave the page: their days, filter and snapshot, and what their bounds mean.

import { type Answered, measuresOf } from '../api/cube';
import type { Dataset } from '../api/dataset';
import type { Snapshot } from '../api/session';
import { formatDays, formatMoment, formatRange, formatSpoken, NO_VALUE } from '../format';
import { t } from '../language';
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
    const parts = [t('take.days', { range: formatRange(from, to), days: nDays })];
    if (nMissing > 0) parts.push(t('take.missing', { n: nMissing, days: formatDays(missingRanges) }));
    if (provisionalRanges.length > 0) parts.push(t('take.provisional', { days: formatDays(provisionalRanges) }));
    lines.push(parts.join('; '));
  }
  const clause = readClause(query.where ?? null, dataset);
  if (clause !== null) lines.push(t('take.filter', { filter: inWords(clause) }));
  return lines;
}

/** Where the numbers come from, and what the bounds mean. */
export function sourceLine({ snapshot, dataset, answered }: Taken): string {
  const version = answered?.version ?? snapshot.version;
  // The page may have moved on to another snapshot than that of the answer on the screen.
  const values = { dataset: dataset.name, version: String(version) };
  return version === snapshot.version ? t('take.sourceWhen', { ...values, moment: formatMoment(snapshot.committedAt) }) : t('take.source', values);
}

/** The totals with bounds, for a picture that shows no bounds with its numbers. */
export function totalLines({ answered, dataset }: Taken): string[] {
  if (answered === null) return [];
  const { values } = answered.answer.total;
  return measuresOf(answered, dataset).map((measure, at) => t('take.total', { measure: measure.label, value: formatSpoken(values[at] ?? NO_VALUE, measure) }));
}

/** How many values are listed; the rest are counted. */
const MOST_VALUES = 8;

export function inWords(clause: Clause): string {
  switch (clause.kind) {
    case 'all':
    case 'some': {
      const parts = clause.parts.map((part) => (part.kind === 'all' || part.kind === 'some' ? t('take.words.inner', { filter: inWords(part) }) : inWords(part)));
      return parts.reduce((first, second) => t(clause.kind === 'all' ? 'take.words.and' : 'take.words.or', { first, second }));
    }
    case 'not':
      return t('take.words.not', { filter: inWords(clause.part) });
    case 'missing':
      return t(clause.is ? 'take.words.missing' : 'take.words.notMissing', { field: clause.field.label });
    case 'values': {
      const shown = clause.values.slice(0, MOST_VALUES).join(', ');
      const more = clause.values.length - MOST_VALUES;
      const values = more > 0 ? t('filter.valuesMore', { values: shown, more }) : shown;
      const operator = clause.operator === 'anyOf' && clause.values.length === 1 ? 'is' : clause.operator;
      return t(`take.words.${operator}`, { field: clause.field.label, values });
    }
  }
}
