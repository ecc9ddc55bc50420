// From what the page shows to what it asks the gateway. Only names from the `dataset` query go in, so that the same
// code serves every model.

import type { Dataset } from '../../api/dataset';
import type { CubeQuery, OrderBy } from '../../api/generated';
import { type ExploreState, effectiveSort, type Filter } from './state';

/** Rows in one answer: 5,000 were 2 MB and half a second, 200 fill more than any screen. */
export const PAGE_ROWS = 200;
/** The gateway's own limit; ten years of days stay below it. */
const MOST_ROWS = 5000;

type CubeFilter = { readonly [name: string]: unknown };

export function toCubeFilter(filters: readonly Filter[], dataset: Dataset): CubeFilter | null {
  const clauses = filters.map((filter) => toClause(filter, dataset));
  const [only] = clauses;
  if (only === undefined) return null;
  return clauses.length === 1 ? only : { and: clauses };
}

function toClause(filter: Filter, dataset: Dataset): CubeFilter {
  const name = dataset.field.get(filter.field)?.fieldName ?? filter.field;
  const values = filter.values.filter((value) => value !== null);
  const withNull = values.length < filter.values.length;
  if (filter.operator === 'all') return { [name]: { allOf: values } };
  if (filter.operator === 'none') {
    return {
      [name]: { ...(values.length > 0 && { noneOf: values }), ...(withNull && { isNull: false }) },
    };
  }
  // The conditions of one object are joined with AND, so the missing value needs a branch of its own.
  if (!withNull) return { [name]: { anyOf: values } };
  const isNull = { [name]: { isNull: true } };
  return values.length > 0 ? { or: [{ [name]: { anyOf: values } }, isNull] } : isNull;
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
  return {
    ...common(state, dataset),
    groupBy: ['DAY'],
    measures: [dataset.measure.get(measure)?.enumName ?? measure],
    orderBy: [{ key: 'DAY', direction: 'ASC' }],
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
  const sort = effectiveSort(state);
  if (!sort) return [];
  const measure = dataset.measure.get(sort.by);
  if (measure && !state.groupBy.includes(sort.by)) {
    return [{ measure: measure.enumName, direction: sort.direction }];
  }
  const key = dataset.groupKey.get(sort.by);
  return key ? [{ key: key.enumName, direction: sort.direction }] : [];
}
