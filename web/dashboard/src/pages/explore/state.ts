// The state of the Explore page: its address, resolved against the names of the dataset.
//
// Every choice of an analyst is in the URL, so that reload, Back, a bookmark and a link sent to others show the same.
// Lists are sorted and defaults are left out, so that each question has one address. A part that cannot be understood is
// reported and ignored; the rest still applies.

import type { Dataset, FieldInfo, TimeKey } from '../../api/dataset';
import { addDays, daysBetween, formatRange } from '../../format/date';
import { KINDS } from '../../format/kinds';
import { DAYS } from '../../format/steps';
import { t } from '../../language';
import type { RawSearch } from '../../search';
import {
  type Address,
  type Beside,
  type Condition,
  type Filter,
  type Sort,
  type TrendWindow,
  type View,
  writeAddress,
} from './address';
import type { Shown } from './besides';
import { type MemberValue, OPERATOR_NAMES, OPERATORS } from './operators';

export type { Beside, Condition, Filter, Shown, Sort, TrendWindow, View };

export interface ExploreState {
  /** So many days up to the newest with data; null if the days are given, or all are shown. */
  readonly last: number | null;
  readonly from: string | null;
  readonly to: string | null;
  /** One per field and operator, in the order of the model; values are sorted, distinct, and never empty. */
  readonly filters: readonly Filter[];
  /** In the order of the columns. */
  readonly groupBy: readonly string[];
  /** In the order of the model, never empty. */
  readonly measures: readonly string[];
  /** Null: time ascending if a key is time, else the charted measure descending. */
  readonly sort: Sort | null;
  /** The charted measure; null for the default. */
  readonly chart: string | null;
  /** At most one per measure, in the order of the model. */
  readonly conditions: readonly Condition[];
  readonly beside: Beside | null;
  readonly shown: readonly Shown[];
  readonly view: View;
  /** The steps of the trend; null for the finest of the model. */
  readonly step: string | null;
  readonly window: TrendWindow | null;
  readonly split: boolean;
  /** The field whose members the Compare page shows side by side; null for the default. */
  readonly by: string | null;
  readonly selected: readonly string[];
}

export interface ReadState {
  readonly state: ExploreState;
  /** One sentence for each part of the URL that was ignored. */
  readonly problems: readonly string[];
}

/** More columns do not fit on a screen; the others are one click away. */
const DEFAULT_MEASURES = 6;

export function defaultState(dataset: Dataset): ExploreState {
  const first = dataset.fields.find((field) => field.attribute === null);
  return {
    last: null,
    from: null,
    to: null,
    filters: [],
    groupBy: first ? [first.name] : [],
    measures: dataset.measures.slice(0, DEFAULT_MEASURES).map((measure) => measure.name),
    ...PLAIN,
  };
}

/** The parts of the state that have the same default for every dataset. */
const PLAIN = {
  sort: null,
  chart: null,
  conditions: [],
  beside: null,
  shown: [],
  view: 'table',
  step: null,
  window: null,
  split: false,
  by: null,
  selected: [],
} as const satisfies Partial<ExploreState>;

export function readState(address: Address, dataset: Dataset): ReadState {
  const defaults = defaultState(dataset);
  const problems = address.problems.map((say) => say());
  const filters = address.filters.filter((filter) => isKnownFilter(filter, dataset, problems));
  const groupBy = knownNames('group', address.groupBy, dataset.groupKey, defaults.groupBy, problems);
  const measures = knownNames('measures', address.measures, dataset.measure, defaults.measures, problems);
  const { last, from, to, beside, shown, view, window, split, selected } = address;
  const state = canonical(
    {
      ...PLAIN,
      last,
      from,
      to,
      filters,
      groupBy,
      measures: measures.length > 0 ? measures : defaults.measures,
      conditions: knownConditions(address.conditions, dataset, problems),
      beside,
      shown,
      view,
      step: knownStep(address.step, dataset, problems),
      window,
      split,
      by: knownBy(address.by, dataset, problems),
      selected,
    },
    dataset,
  );
  return {
    state: {
      ...state,
      sort: knownSort(address.sort, state, problems),
      chart: knownChart(address.chart, dataset, problems),
    },
    problems,
  };
}

export function writeState(state: ExploreState, dataset: Dataset): RawSearch {
  const defaults = defaultState(dataset);
  const clean = canonical(state, dataset);
  return writeAddress({
    ...clean,
    groupBy: sameList(clean.groupBy, defaults.groupBy) ? null : clean.groupBy,
    measures: sameList(clean.measures, defaults.measures) ? null : clean.measures,
  });
}

/** Sorts what has no order of its own, and drops a sort or chart that names no column. */
export function canonical(state: ExploreState, dataset: Dataset): ExploreState {
  const fieldOrder = new Map(dataset.fields.map((field, index) => [field.name, index]));
  const filters = state.filters
    .filter((filter) => filter.values.length > 0)
    .map((filter) => ({ ...filter, values: sortValues(filter.values) }))
    .toSorted(
      (a, b) =>
        (fieldOrder.get(a.field) ?? 0) - (fieldOrder.get(b.field) ?? 0) ||
        OPERATOR_NAMES.indexOf(a.operator) - OPERATOR_NAMES.indexOf(b.operator),
    );
  const inOrder = dataset.measures.map((measure) => measure.name);
  const measures = inOrder.filter((name) => state.measures.includes(name));
  const conditions = inOrder
    .map((name) => state.conditions.find((condition) => condition.measure === name))
    .filter((condition) => condition !== undefined && (condition.min !== null || condition.max !== null));
  const columns = new Set([...state.groupBy, ...measures]);
  return {
    ...state,
    filters,
    measures,
    conditions: conditions.filter((condition) => condition !== undefined),
    // Windows go with daily steps only.
    window: stepKey(state, dataset)?.grain === DAYS ? state.window : null,
    sort: state.sort && columns.has(state.sort.by) ? state.sort : null,
    chart: state.chart !== null && dataset.measure.has(state.chart) ? state.chart : null,
  };
}

/** The days of the query: relative ones end with the newest day with data. */
export function daysOf(state: ExploreState, lastDay: string | null): Pick<ExploreState, 'from' | 'to'> {
  if (state.last === null || lastDay === null) return { from: state.from, to: state.to };
  return { from: addDays(lastDay, 1 - state.last), to: lastDay };
}

/** The days that those of the page are compared with; null if nothing is compared, or the page's own days are unknown. */
export function besideOf(state: ExploreState, lastDay: string | null): { readonly from: string; readonly to: string } | null {
  if (state.beside === null || state.beside !== 'previous') return state.beside;
  const { from, to } = daysOf(state, lastDay);
  const end = to ?? lastDay;
  if (from === null || end === null || end < from) return null;
  return { from: addDays(from, -daysBetween(from, end)), to: addDays(from, -1) };
}

/** The days in words: "Last 7 days", "1–7 Jan 2026". */
export function daysText({ last, from, to }: ExploreState): string {
  if (last === null) return formatRange(from, to);
  return last === 1 ? t('dates.lastDay') : t('dates.lastDays', { days: last });
}

/**
 * The charted measure: the chosen one if it is shown, else the one that the table is sorted by, so that bars stand in
 * order, else the first number of people, which has bounds to show.
 */
export function drawnMeasure(state: ExploreState, dataset: Dataset): string {
  if (state.chart !== null && state.measures.includes(state.chart)) return state.chart;
  const sorted = state.sort?.by;
  if (sorted !== undefined && state.measures.includes(sorted) && !state.groupBy.includes(sorted)) return sorted;
  const people = state.measures.find((name) => dataset.measures.some((measure) => measure.name === name && KINDS[measure.kind].counts === 'people'));
  return people ?? state.measures[0] ?? '';
}

/** The order of the table: the chosen one, else time ascending, else the largest value of the charted measure on top. */
export function effectiveSort(state: ExploreState, dataset: Dataset): Sort | null {
  if (state.sort) return state.sort;
  const time = state.groupBy.find((name) => isTime(name, dataset));
  if (time !== undefined) return { by: time, direction: 'ASC' };
  const drawn = drawnMeasure(state, dataset);
  return drawn === '' || state.groupBy.length === 0 ? null : { by: drawn, direction: 'DESC' };
}

/** The steps of the trend: the chosen ones, else the finest; null if the dataset has none. */
export function stepKey({ step }: Pick<ExploreState, 'step'>, { timeKeys }: Dataset): TimeKey | null {
  return timeKeys.find(({ name }) => name === step) ?? timeKeys[0] ?? null;
}

/** Whether a group key is a step of time. */
export function isTime(name: string, dataset: Dataset): boolean {
  return dataset.timeKeys.some((key) => key.name === name);
}

function isKnownFilter(filter: Filter, dataset: Dataset, problems: string[]): boolean {
  const field: FieldInfo | undefined = dataset.field.get(filter.field);
  const operator = OPERATORS[filter.operator];
  if (!field) {
    problems.push(t('address.noField', { name: filter.field, known: list(dataset.field.keys()) }));
    return false;
  }
  if (!operator.applies(field)) {
    problems.push(t('address.oneValue', { field: field.label, operator: t(operator.words) }));
    return false;
  }
  if (!operator.takesMissing && filter.values.includes(null)) {
    problems.push(t('address.missingOfMany', { name: `${filter.field}.${filter.operator}` }));
    return false;
  }
  return true;
}

function knownNames(
  part: 'group' | 'measures',
  names: readonly string[] | null,
  known: ReadonlyMap<string, unknown>,
  defaults: readonly string[],
  problems: string[],
): readonly string[] {
  if (names === null) return defaults;
  const unknown = names.filter((candidate) => !known.has(candidate));
  if (unknown.length > 0) {
    problems.push(t('address.unknown', { names: unknown.join(', '), part, known: list(known.keys()) }));
  }
  const kept = names.filter((candidate) => known.has(candidate));
  return kept.length > 0 || names.length === 0 ? kept : defaults;
}

function knownSort(sort: Sort | null, state: ExploreState, problems: string[]): Sort | null {
  if (sort === null || state.groupBy.includes(sort.by) || state.measures.includes(sort.by)) return sort;
  problems.push(t('address.noColumn', { name: sort.by }));
  return null;
}

function knownChart(chart: string | null, dataset: Dataset, problems: string[]): string | null {
  if (chart === null || dataset.measure.has(chart)) return chart;
  problems.push(t('address.noMeasure', { name: chart, known: list(dataset.measure.keys()) }));
  return null;
}

function knownConditions(conditions: readonly Condition[], dataset: Dataset, problems: string[]): readonly Condition[] {
  const unknown = conditions.filter(({ measure }) => !dataset.measure.has(measure));
  for (const { measure } of unknown) problems.push(t('address.noCondition', { name: measure, known: list(dataset.measure.keys()) }));
  return conditions.filter(({ measure }) => dataset.measure.has(measure));
}

function knownStep(step: string | null, dataset: Dataset, problems: string[]): string | null {
  const steps = dataset.timeKeys.map(({ name }) => name);
  if (step === null || steps.includes(step)) return step === steps[0] ? null : step;
  problems.push(t('address.noStep', { name: step, known: list(steps) || t('words.none') }));
  return null;
}

function knownBy(by: string | null, dataset: Dataset, problems: string[]): string | null {
  if (by === null || dataset.field.has(by)) return by;
  problems.push(t('address.noField', { name: by, known: list(dataset.field.keys()) }));
  return null;
}

function sortValues(values: readonly MemberValue[]): MemberValue[] {
  const present = values.filter((value) => value !== null);
  const missing = present.length < values.length ? [null] : [];
  return [...missing, ...[...new Set(present)].toSorted(compare)];
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
