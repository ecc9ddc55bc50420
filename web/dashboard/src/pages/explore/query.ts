// Turns the page's state into queries for the gateway. All names come from the `dataset` query, so that the same code
// serves every model.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import type { Comparison, CubeQuery, Extra, OrderBy } from '../../api/generated';
import { daysBetween, FORMATS, KINDS } from '../../format';
import { BESIDES } from './besides';
import { type CubeFilter, type MemberValue, OPERATORS } from './operators';
import { type Condition, type ExploreState, effectiveSort, type Filter, isTime, stepKey } from './state';

/** Rows in one answer: 5,000 are 2 MB and half a second, 200 fill more than any screen. */
export const PAGE_ROWS = 200;
/** The most rows on which serving gives verdicts together. */
const VERDICT_ROWS = 100;
/** The most days over which serving gives verdicts. */
const MOST_VERDICT_DAYS = 366;
/** The gateway's own limit; ten years of days stay below it. */
export const MOST_ROWS = 5000;
/** The height of a group on a narrow screen, in pixels. */
export const CARD_HEIGHT = 92;
/** The most bars that fit next to the trend. */
export const MOST_BARS = 7;

export function toCubeFilter(filters: readonly Filter[], dataset: Dataset): CubeFilter | null {
  return allOf(filters.map((filter) => toClause(filter, dataset)));
}

/** Joins filters, all of which have to hold. */
export function allOf(clauses: readonly (CubeFilter | null)[]): CubeFilter | null {
  const known = clauses.filter((clause) => clause !== null);
  const [only] = known;
  if (only === undefined) return null;
  return known.length === 1 ? only : { and: known };
}

export function toClause(filter: Filter, dataset: Dataset): CubeFilter {
  const name = dataset.field.get(filter.field)?.fieldName ?? filter.field;
  return OPERATORS[filter.operator].clause(name, filter.values);
}

/** A filter for any of some members of a field. */
export function toMembers(field: string, values: readonly MemberValue[], dataset: Dataset): CubeFilter {
  return toClause({ field, operator: 'any', values }, dataset);
}

export function toHaving(conditions: readonly Condition[], dataset: Dataset): CubeFilter | null {
  if (conditions.length === 0) return null;
  return Object.fromEntries(
    conditions.map(({ measure, min, max }) => [
      dataset.measure.get(measure)?.conditionName ?? measure,
      { ...(min !== null && { atLeast: min }), ...(max !== null && { atMost: max }) },
    ]),
  );
}

export function toCubeQuery(state: ExploreState, dataset: Dataset, page: number): CubeQuery {
  const orderBy = toOrderBy(state, dataset);
  const besides = besidesOf(state, orderBy, dataset);
  const limit = besides.extras?.includes('VERDICTS') ? VERDICT_ROWS : PAGE_ROWS;
  return {
    ...common(state, dataset),
    groupBy: state.groupBy.map((name) => dataset.groupKey.get(name)?.enumName ?? name),
    measures: measureNames(state.measures, dataset),
    orderBy,
    ...besides,
    ...(state.conditions.length > 0 && { having: toHaving(state.conditions, dataset) }),
    limit,
    offset: page * limit,
  };
}

/** What rows have besides their measures: a comparison and its verdicts, shares, ranks. */
export function besidesOf(state: ExploreState, orderBy: readonly OrderBy[], dataset: Dataset): Pick<CubeQuery, 'extras' | 'compare'> {
  const extras: Extra[] = state.shown.filter((name) => BESIDES[name].fits(orderBy)).map((name) => BESIDES[name].extra);
  const compare = toComparison(state);
  if (compare !== null && state.groupBy.every((name) => !isTime(name, dataset)) && mayHaveVerdicts(state.from, state.to) && state.measures.some((name) => isRate(dataset.measure.get(name)))) {
    extras.push(...VERDICTS);
  }
  return { ...(extras.length > 0 && { extras }), ...(compare && { compare }) };
}

/** A verdict, with the intervals that it rests on. */
export const VERDICTS: readonly Extra[] = ['VERDICTS', 'INTERVALS'];

/** Verdicts need days that are known, and no more of them than serving accepts. */
export function mayHaveVerdicts(from: string | null, to: string | null): boolean {
  return from !== null && to !== null && daysBetween(from, to) <= MOST_VERDICT_DAYS;
}

/** Whether serving may give verdicts on a measure. */
export function isRate(measure: MeasureInfo | undefined): boolean {
  return measure !== undefined && KINDS[measure.kind].mayHaveVerdicts && FORMATS[measure.format].isPart;
}

export function toComparison({ beside, from }: ExploreState): Comparison | null {
  if (beside === null) return null;
  // Nothing comes before all time.
  if (beside === 'previous') return from === null ? null : { previousPeriod: true };
  return { days: { from: beside.from, to: beside.to } };
}

/** The first groups by one measure, with one row for all the others. */
export function toBarsQuery(state: ExploreState, dataset: Dataset, measure: string, count: number): CubeQuery {
  const sort = effectiveSort(state, dataset);
  const sorted = sort !== null && dataset.measure.has(sort.by) ? [sort.by] : [];
  const drawn = { ...state, measures: [...new Set([measure, ...sorted])], beside: null };
  const { extras, ...table } = toCubeQuery(drawn, dataset, 0);
  return { ...table, extras: [...(extras ?? []), 'OTHERS'], limit: count };
}

/** The trend of one measure with the same dates and filters; null if the dataset has no steps of time. */
export function toTrendQuery(state: ExploreState, dataset: Dataset, measure: string): CubeQuery | null {
  const step = stepKey(state, dataset)?.enumName;
  if (step === undefined) return null;
  const { window } = state;
  return {
    ...common(state, dataset),
    groupBy: [step],
    measures: measureNames([measure], dataset),
    orderBy: [{ key: step, direction: 'ASC' }],
    ...(window !== null && { window: window === 'all' ? { cumulative: true } : { trailingDays: window } }),
    limit: MOST_ROWS,
    offset: 0,
  };
}

/** The trend of some members of a field, with a row for each step and member. */
export function toSplitQuery(trend: CubeQuery, field: string, values: readonly MemberValue[], dataset: Dataset): CubeQuery {
  const key = dataset.groupKey.get(field)?.enumName ?? field;
  const where = allOf([trend.where ?? null, toMembers(field, values, dataset)]);
  return { ...trend, where, groupBy: [...(trend.groupBy ?? []), key] };
}

/** The trend of all but some members. */
export function toOthersQuery(trend: CubeQuery, field: string, values: readonly MemberValue[], dataset: Dataset): CubeQuery {
  const where = allOf([trend.where ?? null, toClause({ field, operator: 'none', values }, dataset)]);
  return { ...trend, where };
}

/** Whether any row is left, to find the filter that leaves none. */
export function toProbeQuery(state: ExploreState, dataset: Dataset): CubeQuery {
  return { ...toCubeQuery({ ...state, beside: null, shown: [] }, dataset, 0), orderBy: [], limit: 1 };
}

export function measureNames(measures: readonly string[], dataset: Dataset): string[] {
  return measures.map((name) => dataset.measure.get(name)?.enumName ?? name);
}

export function common(state: ExploreState, dataset: Dataset): Pick<CubeQuery, 'from' | 'to' | 'where'> {
  return { from: state.from, to: state.to, where: toCubeFilter(state.filters, dataset) };
}

function toOrderBy(state: ExploreState, dataset: Dataset): OrderBy[] {
  const sort = effectiveSort(state, dataset);
  if (!sort) return [];
  const measure = dataset.measure.get(sort.by);
  if (measure && !state.groupBy.includes(sort.by)) {
    return [{ measure: measure.enumName, direction: sort.direction }];
  }
  const key = dataset.groupKey.get(sort.by);
  return key ? [{ key: key.enumName, direction: sort.direction }] : [];
}
