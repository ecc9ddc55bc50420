// How the state of the Explore page changes: each function returns the state after one choice of a reader.

import type { Dataset } from '../../api/dataset';
import type { MemberValue } from './operators';
import type { Condition, ExploreState, Filter, Sort } from './state';

/** The state with this order; a measure that it sorts by becomes the charted one. */
export function withSort(state: ExploreState, sort: Sort, dataset: Dataset): ExploreState {
  const isMeasure = dataset.measure.has(sort.by) && !state.groupBy.includes(sort.by);
  return { ...state, sort, chart: isMeasure ? null : state.chart };
}

/** The state that charts a measure, and sorts by it if the table is sorted by a measure. */
export function withDrawn(state: ExploreState, measure: string, dataset: Dataset): ExploreState {
  const isByMeasure = state.sort !== null && dataset.measure.has(state.sort.by) && !state.groupBy.includes(state.sort.by);
  return { ...state, chart: measure, sort: isByMeasure ? null : state.sort };
}

/** The state with only these values of a field. */
export function withOnly(state: ExploreState, field: string, values: readonly MemberValue[]): ExploreState {
  const others = state.filters.filter((filter) => filter.field !== field);
  return { ...state, filters: [...others, { field, operator: 'any', values }] };
}

export function withNot(state: ExploreState, field: string, values: readonly MemberValue[]): ExploreState {
  const before = state.filters.find((filter) => filter.field === field && filter.operator === 'none');
  return withFilter(state, { field, operator: 'none', values: [...(before?.values ?? []), ...values] });
}

export function withCondition(state: ExploreState, condition: Condition): ExploreState {
  const others = state.conditions.filter(({ measure }) => measure !== condition.measure);
  const says = condition.min !== null || condition.max !== null;
  return { ...state, conditions: says ? [...others, condition] : others };
}

/** The state with one filter added, replaced or, if it has no values, removed. */
export function withFilter(state: ExploreState, filter: Filter, replaces?: Filter): ExploreState {
  const gone = replaces ?? filter;
  const others = state.filters.filter(
    (other) =>
      !(other.field === gone.field && other.operator === gone.operator) &&
      !(other.field === filter.field && other.operator === filter.operator),
  );
  return { ...state, filters: filter.values.length > 0 ? [...others, filter] : others };
}

export function withoutFilter(state: ExploreState, filter: Filter): ExploreState {
  return withFilter(state, { ...filter, values: [] });
}

/** The state with a mistyped value of a field corrected. */
export function replaceValue(state: ExploreState, field: string, value: string, known: string): ExploreState {
  const filters = state.filters.map((filter) =>
    filter.field === field
      ? { ...filter, values: filter.values.map((candidate) => (candidate === value ? known : candidate)) }
      : filter,
  );
  return { ...state, filters };
}
