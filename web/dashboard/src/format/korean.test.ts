// Numbers, days and lists as Korean has them; the bounds are the same.

import { beforeEach, describe, expect, it } from 'vitest';
import { showLanguage } from '../language';
import { formatChange } from './change';
import { formatDay, formatDays, formatMoment, formatMonth, formatRange, formatShortDay } from './date';
import { formatList, inSentence } from './list';
import { formatAxis, formatBounds, formatCount, formatShort, formatSpoken, formatValue, type NumberStyle, type Value } from './number';
import { grainOf } from './steps';

const COUNT: NumberStyle = { kind: 'COUNT', format: 'NUMBER' };
const DISTINCT: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const PERCENT: NumberStyle = { kind: 'DERIVED', format: 'PERCENT' };
const SECONDS: NumberStyle = { kind: 'SUM', format: 'SECONDS' };
const of = (value: number, lower: number | null = value, upper: number | null = value): Value => ({ value, lower, upper, exact: lower === upper && lower !== null, exactText: null, withheld: false });
const plain = (text: string | null) => text?.replaceAll('\u202f', ' ').replaceAll('\u2212', '-') ?? null;

beforeEach(() => showLanguage('ko'));

describe('in Korean', () => {
  it.each([
    [99_999, null],
    [137_629, '13.76만'],
    [1_840_000, '184만'],
    [19_585_798, '1959만'],
    [512_345_678, '5.123억'],
  ])('%s is short as %s', (value, expected) => {
    expect(formatShort(of(value), COUNT)).toBe(expected);
  });

  it('numbers have the same digits and bounds, and units of its own', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(formatAxis(12_300, COUNT)).toBe('1.23만');
    expect(formatAxis(7200, SECONDS)).toBe('2시간');
    expect(formatValue(of(45.25), SECONDS)).toBe('45.3초');
    expect(formatBounds(of(12_345.4, 12_201.9, 12_489.1), DISTINCT)).toBe('12,201–12,490');
    expect(formatBounds(of(5), COUNT)).toBe('정확');
    expect(formatSpoken(of(12_345, 12_201, 12_490), DISTINCT)).toBe('12,345, 신뢰구간 12,201에서 12,490');
    const difference = of(0.0071, 0.00021, 0.01399);
    const { text, bounds } = formatChange({ other: of(0.1), difference, ratio: of(1.07) }, PERCENT);
    expect([plain(text), plain(bounds)]).toEqual(['+0.71 %p', '+0.02 %p ~ +1.40 %p']);
  });

  it('days are year, month, day', () => {
    expect(formatDay('2026-01-31')).toBe('2026년 1월 31일');
    expect(formatShortDay('2026-01-31')).toBe('1월 31일');
    expect(formatMonth('2026-12')).toBe('2026년 12월');
    expect(grainOf('YEAR').print('2026')).toBe('2026년');
    expect(formatRange(null, null)).toBe('전체 기간');
    expect(formatRange('2026-01-01', '2026-01-07')).toBe('2026년 1월 1일~7일');
    expect(formatRange('2026-01-28', '2026-02-03')).toBe('2026년 1월 28일~2월 3일');
    expect(formatRange('2025-12-28', '2026-01-03')).toBe('2025년 12월 28일~2026년 1월 3일');
    expect(formatRange('2026-01-07', null)).toBe('2026년 1월 7일부터');
    expect(formatDays(['2026-01-01', '2026-01-03', '2026-01-05', '2026-01-07'].map((day) => ({ from: day, to: day })))).toBe('2026년 1월 1일, 2026년 1월 3일, 2026년 1월 5일 외 1일');
    expect(formatMoment('2026-01-31T14:05:00')).toBe('2026년 1월 31일 14:05');
    expect(formatMoment('soon')).toBe('soon');
  });

  it('lists are joined, and labels keep their capitals', () => {
    expect(formatList(['Asset', 'Country'])).toBe('Asset 및 Country');
    expect(formatList(['e', 'c', 'v'], 'or')).toBe('e, c 또는 v');
    expect(inSentence('Take rate')).toBe('Take rate');
  });
});

describe('in English', () => {
  it('labels begin small within a sentence', async () => {
    await showLanguage('en');
    expect(formatList(['Asset', 'Country'])).toBe('Asset and Country');
    expect(inSentence('Take rate')).toBe('take rate');
  });
});
