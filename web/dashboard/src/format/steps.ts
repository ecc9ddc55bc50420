// Steps of time as rows of an answer name them: "2026-01-31" is a day or the first day of a week, "2026-01" a month,
// "2026" a year.

import { addDays, type DayRange, daysBetween, formatDay, formatMonth, formatShortDay } from './date';

/** The steps that the calendar of this page knows; one that the model adds is shown as it is named. */
export type StepName = 'day' | 'week' | 'month' | 'year';

export interface Step {
  /** As a row names it. */
  readonly value: string;
  readonly first: string;
  readonly last: string;
}

const DAYS_IN_WEEK = 7;

export function isStepName(name: string): name is StepName {
  return ['day', 'week', 'month', 'year'].includes(name);
}

/** A step as people write it. */
export function formatStep(value: string): string {
  return /^\d{4}-\d{2}$/.test(value) ? formatMonth(value) : formatDay(value);
}

/** For an axis. */
export function formatShortStep(value: string): string {
  return /^\d{4}-\d{2}$/.test(value) ? formatMonth(value) : formatShortDay(value);
}

/** All days of a step, whether they were asked for or not; null for what is none. */
export function stepOf(name: StepName, value: string): Step | null {
  switch (name) {
    case 'day':
      return { value, first: value, last: value };
    case 'week':
      return { value, first: value, last: addDays(value, DAYS_IN_WEEK - 1) };
    case 'month': {
      const [year = 0, month = 0] = value.split('-').map(Number);
      const next = month === 12 ? `${String(year + 1).padStart(4, '0')}-01-01` : `${value.slice(0, 5)}${String(month + 1).padStart(2, '0')}-01`;
      return { value, first: `${value}-01`, last: addDays(next, -1) };
    }
    case 'year':
      return { value, first: `${value}-01-01`, last: `${value}-12-31` };
  }
}

/** Every step that has a day from one to another. */
export function stepsBetween(name: StepName, from: string, to: string, weekStarts: 'MONDAY' | 'SUNDAY'): Step[] {
  const steps: Step[] = [];
  let at = stepOf(name, valueAt(name, from, weekStarts));
  while (at !== null && at.first <= to) {
    steps.push(at);
    at = stepOf(name, valueAt(name, addDays(at.last, 1), weekStarts));
  }
  return steps;
}

function valueAt(name: StepName, day: string, weekStarts: 'MONDAY' | 'SUNDAY'): string {
  if (name === 'month') return day.slice(0, 7);
  if (name === 'year') return day.slice(0, 4);
  if (name === 'day') return day;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  const back = weekStarts === 'SUNDAY' ? weekday : (weekday + 6) % DAYS_IN_WEEK;
  return addDays(day, -back);
}

interface Covered {
  readonly from: string | null;
  readonly to: string | null;
  readonly missingRanges: readonly DayRange[];
}

/** How many days of a step are in an answer, and how many it has. */
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
