// The formats in which measures are printed. A new format is a new entry, which the compiler asks for: nothing outside
// this file compares formats (kinds.test.ts).

import type { MeasureFormat } from '../api/generated';
import { type BareKey, t } from '../language';
import { digits, NARROW_SPACE, type Rounding } from './digits';

interface FormatTraits {
  /**
   * One number. `scale` is the number that unit and decimals are chosen by, so that a value and its bounds, or the
   * numbers of a column, share both; `isWhole` says that none of them has decimals.
   */
  readonly print: (value: number, rounding: Rounding, scale: number, isWhole: boolean) => string;
  /** The short form of an axis. */
  readonly axis: (value: number) => string;
  /** Digits alone: a large number can be printed whole, or short. */
  readonly isPlain: boolean;
  /** A part of a whole: it changes by points, and has no error in percent, since "14 % ± 2 %" would leave open which percent is meant. */
  readonly isPart: boolean;
  /** Printed in a larger unit where the number is large. */
  readonly hasUnits: boolean;
  /** The unit in which people type it, and how many of that unit are 1. */
  readonly typed: { readonly unit: BareKey | null; readonly factor: number };
}

export const FORMATS = {
  NUMBER: {
    print: (value, rounding, scale, isWhole) => digits(value, isWhole ? 0 : decimalsFor(Math.abs(scale)), rounding),
    // Two decimals, since neighbouring marks may differ only in the second: 2.45K, 2.5K.
    axis: (value) => digits(value, 2, 'halfExpand', true),
    isPlain: true,
    isPart: false,
    hasUnits: false,
    typed: { unit: null, factor: 1 },
  },
  PERCENT: {
    print: (value, rounding, scale) => `${digits(value * 100, scale !== 0 && Math.abs(scale) < 0.001 ? 4 : 2, rounding)}${NARROW_SPACE}%`,
    axis: (value) => `${digits(value * 100, 2, 'halfExpand', true)}${NARROW_SPACE}%`,
    isPlain: false,
    isPart: true,
    hasUnits: false,
    typed: { unit: 'unit.percent', factor: 100 },
  },
  SECONDS: {
    print: printSeconds,
    axis: (value) =>
      value >= HOUR || value === 0
        ? t('number.hours', { number: digits(value / HOUR, 2, 'halfExpand', true) })
        : t('number.minutes', { number: digits(value / MINUTE, 2, 'halfExpand', true) }),
    isPlain: false,
    isPart: false,
    hasUnits: true,
    typed: { unit: 'unit.seconds', factor: 1 },
  },
} as const satisfies Readonly<Record<MeasureFormat, FormatTraits>>;

function decimalsFor(magnitude: number): number {
  if (magnitude >= 1000) return 0;
  if (magnitude >= 10) return 1;
  return magnitude >= 1 ? 2 : 4;
}

const MINUTE = 60;
const HOUR = 3600;

function printSeconds(value: number, rounding: Rounding, scale: number, isWhole: boolean): string {
  const magnitude = Math.abs(scale);
  if (magnitude < 2 * MINUTE) return t('number.seconds', { number: digits(value, isWhole ? 0 : 1, rounding) });
  if (magnitude < 2 * HOUR) return t('number.minutes', { number: digits(value / MINUTE, 1, rounding) });
  return t('number.hours', { number: digits(value / HOUR, magnitude < 100 * HOUR ? 1 : 0, rounding) });
}
