// Digits with a set number of decimals, rounded in a set direction.

import { locale } from '../language';
export type Rounding = 'trunc' | 'floor' | 'ceil' | 'halfExpand';

export const NARROW_SPACE = '\u202f';

const made = new Map<string, Intl.NumberFormat>();

/** `compact` gives the short form of an axis: "1.2M", in Korean "120만". */
export function digits(value: number, decimals: number, roundingMode: Rounding, compact = false): string {
  const id = `${locale()}${decimals}${roundingMode}${compact}`;
  let format = made.get(id);
  if (!format) {
    format = new Intl.NumberFormat(locale(), {
      minimumFractionDigits: compact ? 0 : decimals,
      maximumFractionDigits: decimals,
      roundingMode,
      ...(compact && { notation: 'compact' as const }),
    } as Intl.NumberFormatOptions);
    made.set(id, format);
  }
  const text = format.format(value);
  return text === '-0' ? '0' : text;
}
