// One point for each step of the query, whether or not it has a row.

import type { Answered } from '../../api/cube';
import type { Point } from '../../components/chart/points';
import {
  addDays,
  type DayRange,
  DAYS,
  daysBetween,
  eachDay,
  formatDay,
  formatRange,
  formatShortDay,
  type Grain,
  presentIn,
  stepsBetween,
  type WeekStart,
} from '../../format';
import { t } from '../../language';

export interface Calendar {
  readonly grain: Grain;
  readonly weekStarts: WeekStart;
}

export interface TrendPoint extends Point {
  /** The name by which rows refer to it; null for a long gap. */
  readonly step: string | null;
  /** All days of the step; null if it has none of its own. */
  readonly days: DayRange | null;
}

/** A longer gap is a single point, so that one event from 1900 does not squeeze all other days into a pixel. */
const LONGEST_GAP_DAYS = 31;

export function trendPoints(answered: Answered, { grain, weekStarts }: Calendar): TrendPoint[] {
  if (grain === DAYS) return dayPoints(answered);
  const { answer } = answered;
  const { from, to } = answer.coverage;
  if (from === null || to === null) return [];
  const steps = stepsBetween(grain, from, to, weekStarts);
  if (steps === null) {
    return answer.rows.map(({ keys, values }) => {
      const label = keys[0]?.label ?? '';
      return { short: label, label, value: values[0] ?? null, step: keys[0]?.value ?? null, days: null };
    });
  }
  const values = new Map(answer.rows.map((row) => [row.keys[0]?.value, row.values[0] ?? null]));
  return steps.map((one) => {
    const { present, all } = presentIn(one, answer.coverage);
    const note = present < all ? { note: present === 0 ? t('trend.missing') : t('table.incomplete', { present, all }) } : {};
    return {
      short: grain.printShort(one.value),
      label: grain.printWhole(one),
      value: values.get(one.value) ?? null,
      step: one.value,
      days: { from: one.first, to: one.last },
      ...note,
    };
  });
}

/** Days, with each long gap as one point. */
function dayPoints({ answer }: Answered): TrendPoint[] {
  const { coverage, rows } = answer;
  const { from, to, missingRanges } = coverage;
  if (from === null || to === null) return [];
  const values = new Map(rows.map((row) => [row.keys[0]?.value, row.values[0] ?? null]));
  const gaps = missingRanges.filter((gap) => daysBetween(gap.from, gap.to) > LONGEST_GAP_DAYS);
  const missing = daysIn(missingRanges.filter((range) => !gaps.includes(range)));
  const retired = daysIn(coverage.retiredRanges);
  const provisional = daysIn(coverage.provisionalRanges);
  const noteOf = (day: string) => {
    if (retired.has(day)) return t('trend.monthOnly');
    if (missing.has(day)) return t('trend.missing');
    return provisional.has(day) ? t('trend.provisional') : undefined;
  };
  const dayPoint = (day: string): TrendPoint => {
    const note = noteOf(day);
    const value = values.get(day) ?? null;
    const point = { short: formatShortDay(day), label: formatDay(day), value, step: day, days: { from: day, to: day } };
    return note === undefined ? point : { ...point, note };
  };

  const points: TrendPoint[] = [];
  let next = from;
  for (const gap of gaps) {
    if (next < gap.from) points.push(...eachDay(next, addDays(gap.from, -1)).map(dayPoint));
    const note = noteOf(gap.from) ?? t('trend.missing');
    points.push({
      short: t('trend.gap', { day: formatShortDay(gap.from) }),
      label: formatRange(gap.from, gap.to),
      value: null,
      note,
      gap: daysBetween(gap.from, gap.to),
      step: null,
      days: null,
    });
    if (gap.to >= to) return points;
    next = addDays(gap.to, 1);
  }
  points.push(...eachDay(next, to).map(dayPoint));
  return points;
}

function daysIn(ranges: readonly DayRange[]): ReadonlySet<string> {
  return new Set(ranges.flatMap(({ from, to }) => eachDay(from, to)));
}
