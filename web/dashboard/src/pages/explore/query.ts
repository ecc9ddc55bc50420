// From what the page shows to what it asks the gateway. Only names from the `dataset` query go in, so that the same
// code serves every model.

import type { Dataset } from '../../api/dataset';
import type { CubeQuery, OrderBy } from '../../api/generated';
import { type CubeFilter, OPERATORS } from './operators';
import { type ExploreState, effectiveSort, type Filter } from './state';

/** Rows in one answer: 5,000 are 2 MB and half a second, 200 fill more than any screen. */
export const PAGE_ROWS = 200;
/** The gateway's own limit; ten years of days stay below it. */
const MOST_ROWS = 5000;

export function toCubeFilter(filters: readonly Filter[], dataset: Dataset): CubeFilter | null {
  const clauses = filters.map((filter) => toClause(filter, dataset));
  const [only] = clauses;
  if (only === undefined) return null;
  return clauses.length === 1 ? only : { and: clauses };
}

function toClause(filter: Filter, dataset: Dataset): CubeFilter {
  const name = dataset.field.get(filter.field)?.fieldName ?? filter.field;
  return OPERATORS[filter.operator].clause(name, filter.values);
}

export function toCubeQuery(state: ExploreState, dataset: Dataset, page: number): CubeQuery {
  return {
    ...common(state, dataset),
    groupBy: state.groupBy.map((name) => dataset.groupKey.get(name)?.enumName ?? name),
    measures: state.measures.map((name) => dataset.measure.get(name)?.enumName ?? name),
    orderBy: toOrderBy(state, dataset),
    limit: PAGE_ROWS,
    offset: page * PAGE_ROWS,
  };
}

/** The daily trend of one measure under the same dates and filters. */
export function toTrendQuery(state: ExploreState, dataset: Dataset, measure: string): CubeQuery {
  const day = dataset.groupKeys.find((key) => key.grain === 'DAY')?.enumName ?? 'DAY';
  return {
    ...common(state, dataset),
    groupBy: [day],
    measures: [dataset.measure.get(measure)?.enumName ?? measure],
    orderBy: [{ key: day, direction: 'ASC' }],
    limit: MOST_ROWS,
    offset: 0,
  };
}

/** Whether anything is left: one row at most, used to find the filter that leaves nothing. */
export function toProbeQuery(state: ExploreState, dataset: Dataset): CubeQuery {
  return { ...toCubeQuery(state, dataset, 0), orderBy: [], limit: 1 };
}

function common(state: ExploreState, dataset: Dataset): Pick<CubeQuery, 'from' | 'to' | 'where'> {
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
