// The address of the Explore page, read into a type once. What its names mean is the business of state.ts, which knows
// the dataset; here is only its form:
//
//   last=7                             days up to the newest one with data
//   from=2026-01-01&to=2026-01-31      both days included; a missing end is the edge of the data
//   country.any=DE,US                  field and operator; inside a value ~, is a comma, ~~ a tilde,
//   audience.none=kids,~0              ~0 alone the missing value, ~e alone the empty one
//   group=asset,day  measures=viewers  sort=-viewers  chart=viewers

import { isDay } from '../../format/date';
import type { RawSearch } from '../../search';
import { isOperator, type MemberValue, type Operator } from './operators';

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
  /** One sentence for each part that could not be read. */
  readonly problems: readonly string[];
}

/** More days than this are all time in everything but name. */
const MOST_LAST_DAYS = 36_525;

/**
 * The longest target of a request, in bytes, that the gateway's HTTP server takes, with room for what a proxy in between
 * may add. A journey holds it against the server, which answers 414 to more.
 */
export const LONGEST_ADDRESS = 65_000;

export function readAddress(params: RawSearch): Address {
  const problems: string[] = [];
  const { last, from, to, group, measures, sort, chart, ...others } = params;
  const filters: Filter[] = [];
  for (const [name, text] of Object.entries(others)) {
    const filter = readFilter(name, text, problems);
    if (filter) filters.push(filter);
  }
  return {
    ...readDates(last, from, to, problems),
    filters,
    groupBy: readNames(group),
    measures: readNames(measures),
    sort: sort === undefined ? null : { by: sort.replace(/^-/, ''), direction: sort.startsWith('-') ? 'DESC' : 'ASC' },
    chart: chart ?? null,
    problems,
  };
}

export function writeAddress(address: Omit<Address, 'problems'>): RawSearch {
  const params: Record<string, string> = {};
  if (address.last !== null) params['last'] = String(address.last);
  if (address.from !== null) params['from'] = address.from;
  if (address.to !== null) params['to'] = address.to;
  for (const filter of address.filters) {
    params[`${filter.field}.${filter.operator}`] = filter.values.map(escapeValue).join(',');
  }
  if (address.groupBy !== null) params['group'] = address.groupBy.join(',');
  if (address.measures !== null) params['measures'] = address.measures.join(',');
  if (address.sort) params['sort'] = `${address.sort.direction === 'DESC' ? '-' : ''}${address.sort.by}`;
  if (address.chart !== null) params['chart'] = address.chart;
  return params;
}

function readDates(
  lastText: string | undefined,
  fromText: string | undefined,
  toText: string | undefined,
  problems: string[],
): Pick<Address, 'last' | 'from' | 'to'> {
  const from = readDay('from', fromText, problems);
  const to = readDay('to', toText, problems);
  if (from !== null && to !== null && from > to) {
    problems.push(`The dates ${from} to ${to} run backwards, so all time is shown.`);
    return { last: null, from: null, to: null };
  }
  if (lastText === undefined) return { last: null, from, to };
  const last = /^[1-9]\d{0,4}$/.test(lastText) ? Number(lastText) : null;
  if (last === null || last > MOST_LAST_DAYS) {
    problems.push(`“${lastText}” is not a number of days for “last”; it is a whole number such as 7.`);
    return { last: null, from, to };
  }
  if (from === null && to === null) return { last, from, to };
  problems.push(`“last” goes without “from” and “to”, so the dates are used.`);
  return { last: null, from, to };
}

function readDay(name: 'from' | 'to', text: string | undefined, problems: string[]): string | null {
  if (text === undefined) return null;
  if (isDay(text)) return text;
  problems.push(`“${text}” is not a day for “${name}”; days look like 2026-01-31.`);
  return null;
}

function readNames(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  return text === '' ? [] : [...new Set(text.split(','))];
}

function readFilter(name: string, text: string, problems: string[]): Filter | null {
  const dot = name.lastIndexOf('.');
  const operator = name.slice(dot + 1);
  if (dot < 1 || !isOperator(operator)) {
    problems.push(`“${name}” is not a part of this page's address.`);
    return null;
  }
  const values = splitValues(text);
  if (values === null || values.length === 0) {
    problems.push(`The values “${text}” of “${name}” cannot be read.`);
    return null;
  }
  return { field: name.slice(0, dot), operator, values };
}

export function escapeValue(value: MemberValue): string {
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
