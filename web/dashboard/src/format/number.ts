// Numbers as people read them. Only this folder rounds: bounds are rounded outwards, so that the printed interval
// always contains the one that serving gave.

import type { MeasureFormat, MeasureKind } from '../api/generated';
import { locale, t } from '../language';
import { digits, NARROW_SPACE, type Rounding } from './digits';
import { FORMATS } from './formats';
import { KINDS } from './kinds';

export interface Value {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly exact: boolean;
  /** All digits of an exact whole number beyond 2^53, to which `value` is only the nearest double. */
  readonly exactText: string | null;
  /** Withheld because it is about too few people. */
  readonly withheld?: boolean;
}

export const NO_VALUE: Value = { value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false };

export interface NumberStyle {
  readonly kind: MeasureKind;
  readonly format: MeasureFormat;
  /** For numbers in a column, which share unit and decimals. */
  readonly column?: Column;
}

export interface Column {
  /** The largest of the numbers, which decides their unit. */
  readonly scale: number;
  /** Whether all of them are whole. */
  readonly whole: boolean;
}

/** A style for the numbers of a column. */
export function columnStyle(style: NumberStyle, values: readonly (Value | null | undefined)[]): NumberStyle {
  const known = values.map((value) => value?.value).filter((value) => value != null);
  if (known.length === 0) return style;
  const column = { scale: Math.max(...known.map(Math.abs)), whole: known.every(Number.isInteger) };
  return { kind: style.kind, format: style.format, column };
}

export function notDefined(): string {
  return t('number.notDefined');
}

const EN_DASH = '\u2013';

/** An error in standard errors, rounded up: "2.8 σ". */
export function formatStandardErrors(value: number): string {
  return `${digits(value, 1, 'ceil')}${NARROW_SPACE}σ`;
}

/** A count of rows, groups or days. */
export function formatCount(value: number): string {
  return digits(value, 0, 'halfExpand');
}

export function formatValue({ value, exactText }: Value, style: NumberStyle): string {
  if (value === null) return notDefined();
  if (exactText !== null && FORMATS[style.format].isPlain) return BigInt(exactText).toLocaleString(locale());
  return formatRounded(value, style, 'halfExpand', value);
}

/** Smaller numbers are just as easily read in full. */
const FIRST_SHORT = 100_000;

/** A large number in four digits, "1.84M" or "184만", for places where the full number is at hand; null where that is short itself. */
export function formatShort({ value }: Value, style: NumberStyle): string | null {
  if (value === null || !FORMATS[style.format].isPlain || Math.abs(value) < FIRST_SHORT) return null;
  const short = new Intl.NumberFormat(locale(), { notation: 'compact', maximumSignificantDigits: 4 });
  return short.format(value);
}

/** How often something happens: "1.34". */
export function formatRate(value: number): string {
  return digits(value, 2, 'halfExpand');
}

/** A part of a whole: "5.3 %". */
export function formatShare({ value }: { readonly value: number }): string {
  return `${digits(value * 100, value !== 0 && Math.abs(value) < 0.001 ? 3 : 1, 'halfExpand')}${NARROW_SPACE}%`;
}

/** The ranks that a row may have: "2" or "2–3". */
export function formatPlaces({ best, worst }: { readonly best: number | null; readonly worst: number | null }): string {
  if (best === null || worst === null) return notDefined();
  return best === worst ? formatCount(best) : `${formatCount(best)}${EN_DASH}${formatCount(worst)}`;
}

/** The short form of an axis: "12K", "1.2M", "4 h". */
export function formatAxis(value: number, style: NumberStyle): string {
  return FORMATS[style.format].axis(value);
}

/** The 95 % bounds: "12,201–12,490", "exact", or null where the value itself is not defined. */
export function formatBounds(value: Value, style: NumberStyle): string | null {
  if (value.value === null) return value.withheld ? t('number.withheld') : null;
  if (value.exact) return t('number.exact');
  const ends = endsOf(value, style);
  return ends === null ? t('number.noBounds') : `${ends.lower}${EN_DASH}${ends.upper}`;
}

function endsOf({ value, lower, upper }: Value, style: NumberStyle): { readonly lower: string; readonly upper: string } | null {
  if (value === null || lower === null || upper === null) return null;
  return { lower: formatRounded(lower, style, 'floor', value), upper: formatRounded(upper, style, 'ceil', value) };
}

/** The wider half of the interval relative to the value: "± 1.6 %". Null where it says nothing. */
export function formatRelativeError(value: Value, style: NumberStyle): string | null {
  if (value.value === null || value.exact || value.lower === null || value.upper === null) return null;
  if (FORMATS[style.format].isPart || value.value === 0) return null;
  const half = Math.max(value.upper - value.value, value.value - value.lower) / Math.abs(value.value);
  const percent = half * 100;
  return `±${NARROW_SPACE}${digits(percent, percent < 10 ? 1 : 0, 'ceil')}${NARROW_SPACE}%`;
}

/** A phrase for screen readers and for the text under a chart. */
export function formatSpoken(value: Value, style: NumberStyle): string {
  if (value.value === null) return t(value.withheld ? 'number.tooFewPeople' : 'number.notAvailable');
  const text = formatValue(value, style);
  if (value.exact) return t('number.spokenExact', { value: text });
  const ends = endsOf(value, style);
  return ends === null ? t('number.spokenNoBounds', { value: text }) : t('number.spoken', { value: text, ...ends });
}

function formatRounded(value: number, style: NumberStyle, rounding: Rounding, own: number): string {
  const scale = style.column?.scale ?? own;
  const isWhole = KINDS[style.kind].counts !== null || (style.column?.whole ?? Number.isInteger(scale));
  return FORMATS[style.format].print(value, rounding, scale, isWhole);
}
