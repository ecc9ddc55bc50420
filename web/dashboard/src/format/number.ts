// Numbers as people read them. Nothing else in the dashboard rounds: bounds are rounded outwards here, so that the
// printed interval always holds the one that serving gave.

import type { MeasureFormat, MeasureKind } from '../api/generated';

export interface Value {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly exact: boolean;
  /** All digits of an exact whole number beyond 2^53, of which `value` is the nearest double. */
  readonly exactText: string | null;
  /** It is of too few people to be told. */
  readonly withheld?: boolean;
}

export const NO_VALUE: Value = { value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false };

export interface NumberStyle {
  readonly kind: MeasureKind;
  readonly format: MeasureFormat;
  /** Where numbers stand below each other: one unit and as many decimals for all of them. */
  readonly column?: Column;
}

export interface Column {
  /** The largest of the numbers, which says in which unit they are printed. */
  readonly scale: number;
  /** Whether all of them are whole. */
  readonly whole: boolean;
}

/** A style for numbers that stand below each other. */
export function columnStyle(style: NumberStyle, values: readonly (Value | null | undefined)[]): NumberStyle {
  const known = values.map((value) => value?.value).filter((value) => value != null);
  if (known.length === 0) return style;
  const column = { scale: Math.max(...known.map(Math.abs)), whole: known.every(Number.isInteger) };
  return { kind: style.kind, format: style.format, column };
}

export const NOT_DEFINED = 'n/a';

type Rounding = 'trunc' | 'floor' | 'ceil' | 'halfExpand';

const NARROW_SPACE = '\u202f';
const EN_DASH = '\u2013';

const formats = new Map<string, Intl.NumberFormat>();

function format(value: number, decimals: number, roundingMode: Rounding, compact = false): string {
  const id = `${decimals}${roundingMode}${compact}`;
  let made = formats.get(id);
  if (!made) {
    made = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: compact ? 0 : decimals,
      maximumFractionDigits: decimals,
      roundingMode,
      ...(compact && { notation: 'compact' as const }),
    } as Intl.NumberFormatOptions);
    formats.set(id, made);
  }
  const text = made.format(value);
  return text === '-0' ? '0' : text;
}

/** An error in standard errors, rounded up: "2.8 σ". */
export function formatStandardErrors(value: number): string {
  return `${format(value, 1, 'ceil')}${NARROW_SPACE}σ`;
}

/** A count of rows, groups or days. */
export function formatCount(value: number): string {
  return format(value, 0, 'halfExpand');
}

export function formatValue({ value, exactText }: Value, style: NumberStyle): string {
  if (value === null) return NOT_DEFINED;
  if (exactText !== null && style.format === 'NUMBER') return BigInt(exactText).toLocaleString('en-US');
  return formatRounded(value, style, 'halfExpand', value);
}

/** Numbers below this are as easily read whole. */
const FIRST_SHORT = 100_000;

/** A large number in four digits, "1.84M", for where its whole is at hand; null where the whole is short itself. */
export function formatShort({ value }: Value, style: NumberStyle): string | null {
  if (value === null || style.format !== 'NUMBER' || Math.abs(value) < FIRST_SHORT) return null;
  const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
  return short.format(value);
}

/** How often: "1.34". */
export function formatRate(value: number): string {
  return format(value, 2, 'halfExpand');
}

/** A part of a whole: "5.3 %". */
export function formatShare({ value }: { readonly value: number }): string {
  return `${format(value * 100, value !== 0 && Math.abs(value) < 0.001 ? 3 : 1, 'halfExpand')}${NARROW_SPACE}%`;
}

/** The places that a row may have: "2" or "2–3". */
export function formatPlaces({ best, worst }: { readonly best: number | null; readonly worst: number | null }): string {
  if (best === null || worst === null) return NOT_DEFINED;
  return best === worst ? formatCount(best) : `${formatCount(best)}${EN_DASH}${formatCount(worst)}`;
}

/** The short form of an axis: "12K", "1.2M", "4 h". */
export function formatAxis(value: number, style: NumberStyle): string {
  if (style.format === 'PERCENT') return `${format(value * 100, 2, 'halfExpand', true)}${NARROW_SPACE}%`;
  if (style.format === 'SECONDS') {
    const hours = value / 3600;
    return hours >= 1 || value === 0
      ? `${format(hours, 2, 'halfExpand', true)}${NARROW_SPACE}h`
      : `${format(value / 60, 2, 'halfExpand', true)}${NARROW_SPACE}min`;
  }
  // Two decimals, since the marks of an axis lie closer together than one tells apart: 2.45K, 2.5K.
  return format(value, 2, 'halfExpand', true);
}

/** The 95 % bounds: "12,201–12,490", "exact", or null where the value itself is not defined. */
export function formatBounds(value: Value, style: NumberStyle): string | null {
  if (value.value === null) return value.withheld ? 'withheld' : null;
  if (value.exact) return 'exact';
  if (value.lower === null || value.upper === null) return 'bounds n/a';
  const lower = formatRounded(value.lower, style, 'floor', value.value);
  const upper = formatRounded(value.upper, style, 'ceil', value.value);
  return `${lower}${EN_DASH}${upper}`;
}

/** The wider half of the interval relative to the value: "± 1.6 %". Null where it says nothing. */
export function formatRelativeError(value: Value, style: NumberStyle): string | null {
  if (value.value === null || value.exact || value.lower === null || value.upper === null) return null;
  // "14 % ± 2 %" would leave open which of the two percents is meant.
  if (style.format === 'PERCENT' || value.value === 0) return null;
  const half = Math.max(value.upper - value.value, value.value - value.lower) / Math.abs(value.value);
  const percent = half * 100;
  return `±${NARROW_SPACE}${format(percent, percent < 10 ? 1 : 0, 'ceil')}${NARROW_SPACE}%`;
}

/** One sentence for a screen reader and for the text under a chart. */
export function formatSpoken(value: Value, style: NumberStyle): string {
  if (value.value === null) return value.withheld ? 'withheld, of too few people' : 'not available';
  const bounds = formatBounds(value, style);
  const text = formatValue(value, style);
  return value.exact ? `${text}, exact` : `${text}, between ${bounds?.replace(EN_DASH, ' and ')}`;
}

function formatRounded(value: number, style: NumberStyle, rounding: Rounding, own: number): string {
  const scale = style.column?.scale ?? own;
  if (style.format === 'PERCENT') {
    return `${format(value * 100, scale !== 0 && Math.abs(scale) < 0.001 ? 4 : 2, rounding)}${NARROW_SPACE}%`;
  }
  if (style.format === 'SECONDS') return formatSeconds(value, rounding, scale, style.column?.whole);
  return format(value, decimalsFor(scale, style), rounding);
}

function decimalsFor(scale: number, style: NumberStyle): number {
  if (style.kind === 'COUNT' || style.kind === 'DISTINCT' || (style.column?.whole ?? Number.isInteger(scale))) return 0;
  const magnitude = Math.abs(scale);
  if (magnitude >= 1000) return 0;
  if (magnitude >= 10) return 1;
  return magnitude >= 1 ? 2 : 4;
}

const MINUTE = 60;
const HOUR = 3600;

/** Seconds in the unit that `scale` calls for, so that a value and its bounds share one. */
function formatSeconds(value: number, rounding: Rounding, scale: number, whole = Number.isInteger(scale)): string {
  const magnitude = Math.abs(scale);
  if (magnitude < 2 * MINUTE) return `${format(value, whole ? 0 : 1, rounding)}${NARROW_SPACE}s`;
  if (magnitude < 2 * HOUR) return `${format(value / MINUTE, 1, rounding)}${NARROW_SPACE}min`;
  return `${format(value / HOUR, magnitude < 100 * HOUR ? 1 : 0, rounding)}${NARROW_SPACE}h`;
}
