// Days as people read them. Everywhere else a day is a string such as "2026-01-31", because it has no time zone.

import { t } from '../language';
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;

/** Whether the text is a calendar day: "2026-02-30" is not. */
export function isDay(text: string): boolean {
  const parts = DAY.exec(text);
  if (!parts || parts[1] === '0000') return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

interface Parts {
  readonly year: string;
  /** Its name. */
  readonly month: string;
  readonly day: string;
}

const monthName = (month: string | undefined) => t('date.month', { month: String(Number(month)) });

function partsOf(day: string): Parts | null {
  const parts = DAY.exec(day);
  return parts && { year: parts[1] ?? '', month: monthName(parts[2]), day: String(Number(parts[3])) };
}

/** "31 Jan 2026". */
export function formatDay(day: string): string {
  const parts = partsOf(day);
  return parts ? t('date.day', parts) : day;
}

/** "31 Jan", for an axis. */
export function formatShortDay(day: string): string {
  const parts = partsOf(day);
  return parts ? t('date.shortDay', { month: parts.month, day: parts.day }) : day;
}

/** "Jan 2026" from "2026-01"; anything else stays as it is. */
export function formatMonth(month: string): string {
  const parts = /^(\d{4})-(\d{2})$/.exec(month);
  return parts ? t('date.ofMonth', { year: parts[1] ?? '', month: monthName(parts[2]) }) : month;
}

/** "2026"; anything else stays as it is. */
export function formatYear(year: string): string {
  return /^\d{4}$/.test(year) ? t('date.year', { year }) : year;
}

/** "1–7 Jan 2026", "28 Dec 2025 – 3 Jan 2026", "until 3 Jan 2026", "All time". */
export function formatRange(from: string | null, to: string | null): string {
  if (from === null && to === null) return t('date.allTime');
  if (from === null) return t('date.until', { day: formatDay(to ?? '') });
  if (to === null) return t('date.since', { day: formatDay(from) });
  if (from === to) return formatDay(from);
  const [first, last] = [partsOf(from), partsOf(to)];
  if (!first || !last || first.year !== last.year) return t('date.over', { from: formatDay(from), to: formatDay(to) });
  const { year, month } = last;
  if (first.month === month) return t('date.inMonth', { year, month, first: first.day, last: last.day });
  return t('date.inYear', { year, firstMonth: first.month, firstDay: first.day, lastMonth: month, lastDay: last.day });
}

/** Days from one to another, both included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Ranges of days for a sentence; the days beyond the first ranges are counted: "1–3 Jan 2026, 7 Jan 2026 and 4 more". */
export function formatDays(ranges: readonly DayRange[], most = 3): string {
  const list = ranges.slice(0, most).map(({ from, to }) => formatRange(from, to)).join(', ');
  const days = countDays(ranges.slice(most));
  return days > 0 ? t('date.more', { list, days }) : list;
}

export function countDays(ranges: readonly DayRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + daysBetween(from, to), 0);
}

export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * DAY_MS).toISOString().slice(0, 10);
}

/** The number of days from one day to another, both included. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS + 1;
}

/** Every day from one to another, both included. */
export function eachDay(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, daysBetween(from, to)) }, (_, index) => addDays(from, index));
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** A moment in the reader's own time zone, for tooltips: "31 Jan 2026, 14:05". */
export function formatMoment(timestamp: string): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return timestamp;
  const day = formatDay(`${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`);
  return t('date.moment', { day, time: `${two(time.getHours())}:${two(time.getMinutes())}` });
}
