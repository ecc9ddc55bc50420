// What the Explore page shows, and its form in the URL.
//
// Everything that an analyst chose is in the URL, so that reload, Back, a bookmark and a mailed link show the same.
// Lists are sorted and defaults are left out, so that the same question has one address. A part that cannot be
// understood is reported and ignored; the rest still counts.
//
//   from=2026-01-01&to=2026-01-31      both days included; a missing end is the edge of the data
//   country.any=DE,US                  field and operator; inside a value ~, is a comma, ~~ a tilde,
//   audience.none=kids,~0              ~0 alone the missing value, ~e alone the empty one
//   group=asset,day  measures=viewers  sort=-viewers  chart=viewers

import type { Dataset } from '../../api/dataset';
import { isDay } from '../../format/date';

export type Operator = 'any' | 'all' | 'none';
/** A member of a field; null is the missing value. */
export type MemberValue = string | null;

export interface Filter {
  readonly field: string;
  readonly operator: Operator;
  /** Sorted, without repetition, never empty. */
  readonly values: readonly MemberValue[];
}

export interface Sort {
  /** The name of a measure or of a group key. */
  readonly by: string;
  readonly direction: 'ASC' | 'DESC';
}

export interface ExploreState {
  readonly from: string | null;
  readonly to: string | null;
  /** One per field and operator, in the order of the model. */
  readonly filters: readonly Filter[];
  /** In the order of the columns. */
  readonly groupBy: readonly string[];
  /** In the order of the model, never empty. */
  readonly measures: readonly string[];
  /** Null: time ascending when time is grouped, else the first measure descending. */
  readonly sort: Sort | null;
  /** The measure of the charts; null is the first one shown. */
  readonly chart: string | null;
}

export type SearchParams = Readonly<Record<string, string>>;

export interface ReadState {
  readonly state: ExploreState;
  /** One sentence for each part of the URL that was ignored. */
  readonly problems: readonly string[];
}

const OPERATORS: readonly Operator[] = ['any', 'all', 'none'];
const FILTER = /^(.+)\.(any|all|none)$/;
/** More columns than this do not fit a screen; the rest is one click away. */
const DEFAULT_MEASURES = 6;

export function defaultState(dataset: Dataset): ExploreState {
  const first = dataset.fields.find((field) => field.attribute === null);
  return {
    from: null,
    to: null,
    filters: [],
    groupBy: first ? [first.name] : [],
    measures: dataset.measures.slice(0, DEFAULT_MEASURES).map((measure) => measure.name),
    sort: null,
    chart: null,
  };
}

export function readState(params: SearchParams, dataset: Dataset): ReadState {
  const defaults = defaultState(dataset);
  const problems: string[] = [];
  const known = new Set(['from', 'to', 'group', 'measures', 'sort', 'chart']);

  let from = readDay('from', params, problems);
  let to = readDay('to', params, problems);
  if (from !== null && to !== null && from > to) {
    problems.push(`The dates ${from} to ${to} run backwards, so all time is shown.`);
    from = null;
    to = null;
  }

  const filters: Filter[] = [];
  for (const [name, text] of Object.entries(params)) {
    if (known.has(name)) continue;
    const filter = readFilter(name, text, dataset, problems);
    if (filter) filters.push(filter);
  }

  const groupBy = readNames('group', params, dataset.groupKey, defaults.groupBy, problems);
  const measures = readNames('measures', params, dataset.measure, defaults.measures, problems);
  const state = canonical(
    {
      from,
      to,
      filters,
      groupBy,
      measures: measures.length > 0 ? measures : defaults.measures,
      sort: null,
      chart: null,
    },
    dataset,
  );
  return {
    state: {
      ...state,
      sort: readSort(params['sort'], state, problems),
      chart: readChart(params['chart'], dataset, problems),
    },
    problems,
  };
}

export function writeState(state: ExploreState, dataset: Dataset): SearchParams {
  const defaults = defaultState(dataset);
  const clean = canonical(state, dataset);
  const params: Record<string, string> = {};
  if (clean.from !== null) params['from'] = clean.from;
  if (clean.to !== null) params['to'] = clean.to;
  for (const filter of clean.filters) {
    params[`${filter.field}.${filter.operator}`] = filter.values.map(escapeValue).join(',');
  }
  if (!sameList(clean.groupBy, defaults.groupBy)) params['group'] = clean.groupBy.join(',');
  if (!sameList(clean.measures, defaults.measures)) params['measures'] = clean.measures.join(',');
  if (clean.sort) params['sort'] = `${clean.sort.direction === 'DESC' ? '-' : ''}${clean.sort.by}`;
  if (clean.chart !== null) params['chart'] = clean.chart;
  return params;
}

/** Sorts what has no order of its own, and drops a sort or chart that no longer names a column. */
export function canonical(state: ExploreState, dataset: Dataset): ExploreState {
  const fieldOrder = new Map(dataset.fields.map((field, index) => [field.name, index]));
  const filters = state.filters
    .filter((filter) => filter.values.length > 0)
    .map((filter) => ({ ...filter, values: sortValues(filter.values) }))
    .toSorted(
      (a, b) =>
        (fieldOrder.get(a.field) ?? 0) - (fieldOrder.get(b.field) ?? 0) ||
        OPERATORS.indexOf(a.operator) - OPERATORS.indexOf(b.operator),
    );
  const measures = dataset.measures.map((measure) => measure.name).filter((name) => state.measures.includes(name));
  const columns = new Set([...state.groupBy, ...measures]);
  return {
    ...state,
    filters,
    measures,
    sort: state.sort && columns.has(state.sort.by) ? state.sort : null,
    chart: state.chart !== null && dataset.measure.has(state.chart) ? state.chart : null,
  };
}

/** The order that the table has: the chosen one, or what the gateway would take by itself. */
export function effectiveSort(state: ExploreState): Sort | null {
  if (state.sort) return state.sort;
  const time = state.groupBy.find((name) => name === 'day' || name === 'month' || name === 'year');
  if (time) return { by: time, direction: 'ASC' };
  const [first] = state.measures;
  return first === undefined || state.groupBy.length === 0 ? null : { by: first, direction: 'DESC' };
}

/** The state with one filter set, replaced or, without values, removed. */
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

function readDay(name: 'from' | 'to', params: SearchParams, problems: string[]): string | null {
  const text = params[name];
  if (text === undefined) return null;
  if (isDay(text)) return text;
  problems.push(`“${text}” is not a day for “${name}”; days look like 2026-01-31.`);
  return null;
}

function readFilter(name: string, text: string, dataset: Dataset, problems: string[]): Filter | null {
  const parts = FILTER.exec(name);
  if (!parts) {
    problems.push(`“${name}” is not a part of this page's address.`);
    return null;
  }
  const field = dataset.field.get(parts[1] ?? '');
  const operator = parts[2] as Operator;
  if (!field) {
    problems.push(`There is no field “${parts[1]}”; there are ${list(dataset.field.keys())}.`);
    return null;
  }
  if (operator === 'all' && !field.multi) {
    problems.push(`“${field.label}” has one value only, so “all of” does not apply to it.`);
    return null;
  }
  const values = splitValues(text);
  if (values === null || values.length === 0 || (operator === 'all' && values.includes(null))) {
    problems.push(`The values “${text}” of “${name}” cannot be read.`);
    return null;
  }
  return { field: field.name, operator, values };
}

function readNames(
  name: 'group' | 'measures',
  params: SearchParams,
  known: ReadonlyMap<string, unknown>,
  defaults: readonly string[],
  problems: string[],
): readonly string[] {
  const text = params[name];
  if (text === undefined) return defaults;
  if (text === '') return [];
  const names = [...new Set(text.split(','))];
  const unknown = names.filter((candidate) => !known.has(candidate));
  if (unknown.length > 0) {
    problems.push(`“${unknown.join(', ')}” in “${name}” is not known; there are ${list(known.keys())}.`);
  }
  const kept = names.filter((candidate) => known.has(candidate));
  return kept.length > 0 ? kept : defaults;
}

function readSort(text: string | undefined, state: ExploreState, problems: string[]): Sort | null {
  if (text === undefined) return null;
  const by = text.replace(/^-/, '');
  if (state.groupBy.includes(by) || state.measures.includes(by)) {
    return { by, direction: text.startsWith('-') ? 'DESC' : 'ASC' };
  }
  problems.push(`The table has no column “${by}” to sort by.`);
  return null;
}

function readChart(text: string | undefined, dataset: Dataset, problems: string[]): string | null {
  if (text === undefined) return null;
  if (dataset.measure.has(text)) return text;
  problems.push(`There is no measure “${text}” to draw; there are ${list(dataset.measure.keys())}.`);
  return null;
}

function escapeValue(value: MemberValue): string {
  if (value === null) return '~0';
  if (value === '') return '~e';
  return value.replaceAll('~', '~~').replaceAll(',', '~,');
}

/** The values of a list, or null when an escape is broken. */
function splitValues(text: string): MemberValue[] | null {
  const values: MemberValue[] = [];
  for (const item of text.match(/(?:~.|[^,~])+/gsu) ?? []) {
    if (item === '~0') values.push(null);
    else if (item === '~e') values.push('');
    else if (/~[^~,]/u.test(item.replaceAll('~~', ''))) return null;
    else values.push(item.replace(/~([~,])/gu, '$1'));
  }
  // A lone tilde at an end matches nothing above and would be lost without a word.
  return values.map(escapeValue).join(',') === text ? values : null;
}

function sortValues(values: readonly MemberValue[]): MemberValue[] {
  const rank = (value: MemberValue) => (value === null ? 0 : 1);
  return [...new Set(values)].toSorted((a, b) => rank(a) - rank(b) || compare(a ?? '', b ?? ''));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function list(names: Iterable<string>): string {
  return [...names].join(', ');
}
