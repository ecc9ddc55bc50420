// How a value differs from another one, in words: "+6.2 % (4.0 to 8.1)", "+0.7 points". Printed as serving gives it, with
// whether its bounds exclude "no difference".

import { locale, t } from '../language';
import { NARROW_SPACE, type Rounding } from './digits';
import { FORMATS } from './formats';
import { NO_VALUE, type NumberStyle, type Value } from './number';

export interface Compared {
  readonly other: Value;
  readonly difference: Value;
  readonly ratio: Value;
}

/** Above or below by more than counting error, within it, or unknown. */
export type Direction = 'up' | 'down' | 'same' | 'unknown';

export interface Change {
  readonly direction: Direction;
  /** "+6.2 %", "−0.7 points", "n/a". */
  readonly text: string;
  /** "4.0 % to 8.1 %"; null where the change is exact, or has no bounds. */
  readonly bounds: string | null;
}

export const CHANGE_MARKS: Readonly<Record<Direction, string>> = { up: '▲', down: '▼', same: '=', unknown: '◌' };

export function changeWords(direction: Direction): string {
  return t(`change.${direction}`);
}

const MINUS = '\u2212';

const unknown = (): Change => ({ direction: 'unknown', text: t('number.notDefined'), bounds: null });

export function formatChange(compared: Compared | null | undefined, style: NumberStyle): Change {
  if (!compared) return unknown();
  const { difference, ratio } = compared;
  if (difference.value === null) return unknown();
  const direction = directionOf(difference);
  if (FORMATS[style.format].isPart) {
    return { direction, text: points(difference.value, 'halfExpand'), bounds: boundsOf(difference, points) };
  }
  // Nothing was there to compare with, so there is no ratio.
  if (ratio.value === null) return { direction, text: t(difference.value === 0 ? 'change.none' : 'change.new'), bounds: null };
  return { direction, text: percent(ratio.value, 'halfExpand'), bounds: boundsOf(ratio, percent) };
}

/** How a number stands to another one, from their ratio: "+34.0 %", with "+18.9 % to +51.1 %". */
export function formatRatio({ value, lower, upper }: Pick<Value, 'value' | 'lower' | 'upper'>): Change {
  if (value === null) return unknown();
  const ends = { ...NO_VALUE, lower, upper };
  const direction = directionOf({ ...ends, value: value - 1, lower: lower && lower - 1, upper: upper && upper - 1 });
  return { direction, text: percent(value, 'halfExpand'), bounds: boundsOf(ends, percent) };
}

/** The difference of two rates: "−2.91 points", with its bounds "−4.40 points to −1.41 points" where there are any. */
export function formatDifference(difference: Value): { readonly text: string; readonly bounds: string | null } {
  if (difference.value === null) return { text: t('number.notDefined'), bounds: null };
  return { text: points(difference.value, 'halfExpand'), bounds: boundsOf(difference, points) };
}

function directionOf({ value, lower, upper, exact }: Value): Direction {
  if (exact && value !== null) return value > 0 ? 'up' : value < 0 ? 'down' : 'same';
  if (lower === null || upper === null) return 'unknown';
  if (lower > 0) return 'up';
  return upper < 0 ? 'down' : 'same';
}

/** The difference of two rates. */
function points(difference: number, rounding: Rounding): string {
  return t('number.points', { number: signed(difference * 100, 2, rounding) });
}

/** A ratio as a change in percent. */
function percent(ratio: number, rounding: Rounding): string {
  return `${signed(Number((ratio - 1).toFixed(12)) * 100, 1, rounding)}${NARROW_SPACE}%`;
}

function boundsOf({ lower, upper, exact }: Value, print: (value: number, rounding: Rounding) => string): string | null {
  if (exact || lower === null || upper === null) return null;
  return t('number.range', { from: print(lower, 'floor'), to: print(upper, 'ceil') });
}

/** Digits beyond the twelfth are rounding noise of a subtraction: 0.99 - 1 is -0.01. */
function plain(number: number, decimals: number, roundingMode: Rounding): string {
  const value = Number(number.toPrecision(12));
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, roundingMode };
  return value.toLocaleString(locale(), options as Intl.NumberFormatOptions);
}

function signed(value: number, decimals: number, rounding: Rounding): string {
  const text = plain(value, decimals, rounding);
  const digits = text.replace('-', '');
  if (/^[0.,]*$/.test(digits)) return digits;
  return value > 0 ? `+${digits}` : `${MINUS}${digits}`;
}
