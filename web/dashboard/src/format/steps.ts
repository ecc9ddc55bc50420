// Steps of time as the rows of an answer name them: "2026-01-31" is a day or the first day of a week, "2026-01" a month,
// "2026" a year. The dataset says which of them rows can be grouped by; this is the calendar of each.

import { type BareKey } from '../language';
import { addDays, type DayRange, daysBetween, formatDay, formatMonth, formatRange, formatShortDay, formatYear } from './date';

export type WeekStart = 'MONDAY' | 'SUNDAY';

export interface Step {
  /** As a row names it. */
  readonly value: string;
  readonly first: string;
  readonly last: string;
}

/** One kind of steps, such as months. */
export interface Grain {
  /** What a step of this kind is called; null where only the gateway has a word for it. */
  readonly name: BareKey | null;
  /** All days of a step, whether or not they were asked for; null for text that is no step of this kind. */
  readonly stepOf: (value: string) => Step | null;
  /** The name of the step that contains a day; null where that is unknown. */
  readonly holding: (day: string, weekStarts: WeekStart) => string | null;
  /** A step as people write it. */
  readonly print: (value: string) => string;
  /** For an axis. */
  readonly printShort: (value: string) => string;
  /** Where it stands alone. */
  readonly printWhole: (step: Step) => string;
}

const DAYS_IN_WEEK = 7;

export const DAYS: Grain = {
  name: 'step.DAY',
  stepOf: (value) => ({ value, first: value, last: value }),
  holding: (day) => day,
  print: formatDay,
  printShort: formatShortDay,
  printWhole: ({ value }) => formatDay(value),
};

const WEEKS: Grain = {
  name: 'step.WEEK',
  stepOf: (value) => ({ value, first: value, last: addDays(value, DAYS_IN_WEEK - 1) }),
  holding: (day, weekStarts) => {
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    return addDays(day, -(weekStarts === 'SUNDAY' ? weekday : (weekday + 6) % DAYS_IN_WEEK));
  },
  print: formatDay,
  printShort: formatShortDay,
  printWhole: ({ first, last }) => formatRange(first, last),
};

export const MONTHS: Grain = {
  name: 'step.MONTH',
  stepOf: (value) => {
    const [year = 0, month = 0] = value.split('-').map(Number);
    const next = month === 12 ? `${String(year + 1).padStart(4, '0')}-01-01` : `${value.slice(0, 5)}${String(month + 1).padStart(2, '0')}-01`;
    return { value, first: `${value}-01`, last: addDays(next, -1) };
  },
  holding: (day) => day.slice(0, 7),
  print: formatMonth,
  printShort: formatMonth,
  printWhole: ({ value }) => formatMonth(value),
};

const YEARS: Grain = {
  name: 'step.YEAR',
  stepOf: (value) => ({ value, first: `${value}-01-01`, last: `${value}-12-31` }),
  holding: (day) => day.slice(0, 4),
  print: formatYear,
  printShort: formatYear,
  printWhole: ({ value }) => formatYear(value),
};

/** For a kind unknown to this page: its steps are shown as the answer names them, in the order of the answer. */
const UNKNOWN: Grain = {
  name: null,
  stepOf: () => null,
  holding: () => null,
  print: (value) => value,
  printShort: (value) => value,
  printWhole: ({ value }) => value,
};

/** By name in the enum `GroupKey`. */
const GRAINS: ReadonlyMap<string, Grain> = new Map([
  ['DAY', DAYS],
  ['WEEK', WEEKS],
  ['MONTH', MONTHS],
  ['YEAR', YEARS],
]);

/** The calendar of a time key. */
export function grainOf(enumName: string): Grain {
  return GRAINS.get(enumName) ?? UNKNOWN;
}

/** Every step with a day from one day to another; null where the calendar cannot tell. */
export function stepsBetween(grain: Grain, from: string, to: string, weekStarts: WeekStart): Step[] | null {
  const steps: Step[] = [];
  for (let day = from; ; ) {
    const value = grain.holding(day, weekStarts);
    const step = value === null ? null : grain.stepOf(value);
    if (step === null) return null;
    if (step.first > to) return steps;
    steps.push(step);
    day = addDays(step.last, 1);
  }
}

interface Covered {
  readonly from: string | null;
  readonly to: string | null;
  readonly missingRanges: readonly DayRange[];
}

/** How many days of a step an answer has, and how many there are. */
export function presentIn({ first, last }: Step, { from, to, missingRanges }: Covered): { readonly present: number; readonly all: number } {
  const all = daysBetween(first, last);
  if (from === null || to === null) return { present: all, all };
  const asked = overlap({ from: first, to: last }, { from, to });
  const missing = missingRanges.reduce((sum, range) => sum + overlap({ from: first > from ? first : from, to: last < to ? last : to }, range), 0);
  return { present: Math.max(0, asked - missing), all };
}

function overlap(a: DayRange, b: DayRange): number {
  const from = a.from > b.from ? a.from : b.from;
  const to = a.to < b.to ? a.to : b.to;
  return from > to ? 0 : daysBetween(from, to);
}
