// The address of the Explore page, read into a type once. state.ts, which knows the dataset, gives its names a meaning;
// this file knows only the syntax:
//
//   last=7                             that many days up to the newest one with data
//   from=2026-01-01&to=2026-01-31      both days included; a missing end is the edge of the data
//   country.any=DE,US                  field and operator; inside a value ~, is a comma, ~~ a tilde,
//   audience.none=kids,~0              ~0 alone the missing value, ~e alone the empty one
//   group=asset,day  measures=viewers  sort=-viewers  chart=viewers
//   viewers.min=100  take_rate.max=0.1 conditions on the measures of a group, in the units of the API
//   beside=previous                    compared with the same number of days before; or beside=2026-01-01..2026-01-07
//   show=ranks,shares                  columns besides the measures
//   view=nested                        how the groups are shown: table, nested, heat, gallery
//   step=week  window=7  split=1       for the trend: its steps, trailing days (or all), a line for each group
//   by=asset  sel=a1,a2                what the Compare page shows side by side

import { isDay } from '../../format/date';
import { t } from '../../language';
import { escapeValue, type RawSearch, splitValues } from '../../search';
import { SHOWN, type Shown } from './besides';
import { isOperator, type MemberValue, type Operator } from './operators';

/** The days with which those of the page are compared. */
export type Beside = 'previous' | { readonly from: string; readonly to: string };

/** The range in which a group's value of a measure must lie, both ends included. */
export interface Condition {
  readonly measure: string;
  readonly min: number | null;
  readonly max: number | null;
}

export const VIEWS = ['table', 'nested', 'heat', 'gallery'] as const;
export type View = (typeof VIEWS)[number];

/** The days that a day of the trend covers: so many up to it, or all up to it. */
export type TrendWindow = number | 'all';

export type Said = () => string;

export interface Filter {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly MemberValue[];
}

export interface Sort {
  /** The name of a measure or of a group key. */
  readonly by: string;
  readonly direction: 'ASC' | 'DESC';
}

export interface Address {
  readonly last: number | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly filters: readonly Filter[];
  /** Null where the address leaves the default. */
  readonly groupBy: readonly string[] | null;
  readonly measures: readonly string[] | null;
  readonly sort: Sort | null;
  readonly chart: string | null;
  readonly conditions: readonly Condition[];
  readonly beside: Beside | null;
  readonly shown: readonly Shown[];
  readonly view: View;
  readonly step: string | null;
  readonly window: TrendWindow | null;
  readonly split: boolean;
  readonly by: string | null;
  readonly selected: readonly string[];
  /** One sentence for each part that could not be read; said while drawing, since the router keeps them when the language changes. */
  readonly problems: readonly Said[];
}

/** Enough days for any dataset. */
const MOST_LAST_DAYS = 36_525;

/**
 * The longest request target, in bytes, that the gateway's HTTP server accepts, less some room for what a proxy may add.
 * A journey checks it against the server, which answers 414 to longer ones.
 */
export const LONGEST_ADDRESS = 65_000;

/** The longest address that a short link stands for. */
export const LONGEST_KEPT = 512 * 1024;

/** What an empty address means. */
export const NOTHING_ASKED: Address = {
  last: null,
  from: null,
  to: null,
  filters: [],
  groupBy: null,
  measures: null,
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
  problems: [],
};

export function readAddress(params: RawSearch): Address {
  const problems: Said[] = [];
  const { last, from, to, group, measures, sort, chart, beside, show, view, step, window, split, by, sel, ...others } = params;
  const filters: Filter[] = [];
  const conditions = new Map<string, Condition>();
  for (const [name, text] of Object.entries(others)) {
    const end = /\.(min|max)$/.exec(name)?.[1];
    if (end === undefined) {
      const filter = readFilter(name, text, problems);
      if (filter) filters.push(filter);
    } else {
      readCondition(name.slice(0, -end.length - 1), end === 'min' ? 'min' : 'max', text, conditions, problems);
    }
  }
  return {
    ...readDates(last, from, to, problems),
    filters,
    groupBy: readNames(group),
    measures: readNames(measures),
    sort: sort === undefined ? null : { by: sort.replace(/^-/, ''), direction: sort.startsWith('-') ? 'DESC' : 'ASC' },
    chart: chart ?? null,
    conditions: [...conditions.values()],
    beside: readBeside(beside, problems),
    shown: oneOf('show', readNames(show) ?? [], SHOWN, problems),
    view: oneOf('view', readNames(view) ?? [], VIEWS, problems)[0] ?? 'table',
    step: step ?? null,
    window: readWindow(window, problems),
    split: split === '1',
    by: by ?? null,
    selected: sel === undefined ? [] : readSelected(sel, problems),
    problems,
  };
}

export function writeAddress(address: Omit<Address, 'problems'>): RawSearch {
  const params: Record<string, string> = {};
  const { beside, window } = address;
  if (address.by !== null) params['by'] = address.by;
  if (address.selected.length > 0) params['sel'] = address.selected.map(escapeValue).join(',');
  if (address.last !== null) params['last'] = String(address.last);
  if (address.from !== null) params['from'] = address.from;
  if (address.to !== null) params['to'] = address.to;
  if (beside !== null) params['beside'] = beside === 'previous' ? beside : `${beside.from}..${beside.to}`;
  for (const filter of address.filters) {
    params[`${filter.field}.${filter.operator}`] = filter.values.map(escapeValue).join(',');
  }
  for (const { measure, min, max } of address.conditions) {
    if (min !== null) params[`${measure}.min`] = String(min);
    if (max !== null) params[`${measure}.max`] = String(max);
  }
  if (address.groupBy !== null) params['group'] = address.groupBy.join(',');
  if (address.measures !== null) params['measures'] = address.measures.join(',');
  if (address.sort) params['sort'] = `${address.sort.direction === 'DESC' ? '-' : ''}${address.sort.by}`;
  if (address.chart !== null) params['chart'] = address.chart;
  if (address.shown.length > 0) params['show'] = address.shown.join(',');
  if (address.view !== 'table') params['view'] = address.view;
  if (address.step !== null) params['step'] = address.step;
  if (window !== null) params['window'] = String(window);
  if (address.split) params['split'] = '1';
  return params;
}

function readSelected(text: string, problems: Said[]): readonly string[] {
  const values = splitValues(text);
  if (values === null) problems.push(() => t('address.members', { text }));
  return [...new Set((values ?? []).filter((value) => value !== null))];
}

function readCondition(
  measure: string,
  end: 'min' | 'max',
  text: string,
  conditions: Map<string, Condition>,
  problems: Said[],
): void {
  const number = /^-?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number)) {
    problems.push(() => t('address.noNumber', { text, name: `${measure}.${end}` }));
    return;
  }
  const before = conditions.get(measure) ?? { measure, min: null, max: null };
  conditions.set(measure, { ...before, [end]: number });
}

function readBeside(text: string | undefined, problems: Said[]): Beside | null {
  if (text === undefined) return null;
  if (text === 'previous') return text;
  const [from = '', to = '', ...more] = text.split('..');
  if (more.length === 0 && isDay(from) && isDay(to) && from <= to) return { from, to };
  problems.push(() => t('address.beside', { text }));
  return null;
}

/** The API's longest window, in days. */
const LONGEST_WINDOW = 366;

function readWindow(text: string | undefined, problems: Said[]): TrendWindow | null {
  if (text === undefined) return null;
  if (text === 'all') return text;
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days >= 2 && days <= LONGEST_WINDOW) return days;
  problems.push(() => t('address.window', { text, most: LONGEST_WINDOW }));
  return null;
}

function oneOf<Name extends string>(part: string, names: readonly string[], known: readonly Name[], problems: Said[]): readonly Name[] {
  const unknown = names.filter((name) => !known.some((one) => one === name));
  if (unknown.length > 0) problems.push(() => t('address.unknown', { names: unknown.join(', '), part, known: known.join(', ') }));
  return known.filter((name) => names.includes(name));
}

function readDates(
  lastText: string | undefined,
  fromText: string | undefined,
  toText: string | undefined,
  problems: Said[],
): Pick<Address, 'last' | 'from' | 'to'> {
  const from = readDay('from', fromText, problems);
  const to = readDay('to', toText, problems);
  if (from !== null && to !== null && from > to) {
    problems.push(() => t('address.backwards', { from, to }));
    return { last: null, from: null, to: null };
  }
  if (lastText === undefined) return { last: null, from, to };
  const last = /^[1-9]\d{0,4}$/.test(lastText) ? Number(lastText) : null;
  if (last === null || last > MOST_LAST_DAYS) {
    problems.push(() => t('address.last', { text: lastText }));
    return { last: null, from, to };
  }
  if (from === null && to === null) return { last, from, to };
  problems.push(() => t('address.lastAndDates'));
  return { last: null, from, to };
}

function readDay(name: 'from' | 'to', text: string | undefined, problems: Said[]): string | null {
  if (text === undefined) return null;
  if (isDay(text)) return text;
  problems.push(() => t('address.day', { text, name }));
  return null;
}

function readNames(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  return text === '' ? [] : [...new Set(text.split(','))];
}

function readFilter(name: string, text: string, problems: Said[]): Filter | null {
  const dot = name.lastIndexOf('.');
  const operator = name.slice(dot + 1);
  if (dot < 1 || !isOperator(operator)) {
    problems.push(() => t('address.part', { name }));
    return null;
  }
  const values = splitValues(text);
  if (values === null || values.length === 0) {
    problems.push(() => t('address.values', { text, name }));
    return null;
  }
  return { field: name.slice(0, dot), operator, values };
}
