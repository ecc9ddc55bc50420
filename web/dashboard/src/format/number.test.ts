import { describe, expect, it } from 'vitest';
import {
  columnStyle,
  formatAxis,
  formatBounds,
  formatPlaces,
  formatRelativeError,
  formatShare,
  formatShort,
  formatSpoken,
  formatValue,
  type NumberStyle,
  type Value,
} from './number';

const COUNT: NumberStyle = { kind: 'COUNT', format: 'NUMBER' };
const DISTINCT: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const PERCENT: NumberStyle = { kind: 'DERIVED', format: 'PERCENT' };
const SECONDS: NumberStyle = { kind: 'SUM', format: 'SECONDS' };
const QUANTILE: NumberStyle = { kind: 'QUANTILE', format: 'SECONDS' };
const RATIO: NumberStyle = { kind: 'DERIVED', format: 'NUMBER' };

const plain = (text: string | null) => text?.replaceAll('\u202f', ' ') ?? null;

function estimate(value: number, lower: number, upper: number): Value {
  return { value, lower, upper, exact: false, exactText: null, withheld: false };
}

describe('formatValue', () => {
  it.each([
    [0, COUNT, '0'],
    [12345, COUNT, '12,345'],
    [12345.6, DISTINCT, '12,346'],
    [-0.2, DISTINCT, '0'],
    [0.14523, PERCENT, '14.52 %'],
    [0.00012345, PERCENT, '0.0123 %'],
    [1.0049, PERCENT, '100.49 %'],
    [1.23456, RATIO, '1.23'],
    [0.012345, RATIO, '0.0123'],
    [42, RATIO, '42'],
    [1234.5, RATIO, '1,235'],
    [45, SECONDS, '45 s'],
    [45.26, SECONDS, '45.3 s'],
    [150, SECONDS, '2.5 min'],
    [18_720, SECONDS, '5.2 h'],
    [4_443_840, SECONDS, '1,234 h'],
    [null, COUNT, 'n/a'],
  ])('prints %s as %s', (value, style, expected) => {
    const number = { value, lower: value, upper: value, exact: false, exactText: null, withheld: false };
    expect(plain(formatValue(number, style))).toBe(expected);
  });

  it('prints all digits of a sum that a double cannot hold', () => {
    const value = Number('180143985094819860');
    const sum = { value, lower: value, upper: value, exact: true, exactText: '180143985094819860' };
    expect(formatValue(sum, { kind: 'SUM', format: 'NUMBER' })).toBe('180,143,985,094,819,860');
    expect(formatSpoken(sum, { kind: 'SUM', format: 'NUMBER' })).toBe('180,143,985,094,819,860, exact');
  });
});

describe('formatBounds', () => {
  it.each([
    [estimate(12345.4, 12201.9, 12489.1), DISTINCT, '12,201–12,490'],
    [estimate(0.14523, 0.140009, 0.150001), PERCENT, '14.00 %–15.01 %'],
    [estimate(7200.5, 7190, 7260), SECONDS, '1.9 h–2.1 h'],
    [estimate(30.6, 30, 31.2), QUANTILE, '30.0 s–31.2 s'],
    [{ value: 12, lower: 12, upper: 12, exact: true, exactText: null, withheld: false }, DISTINCT, 'exact'],
    [{ value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false }, PERCENT, null],
    [{ value: 3.2, lower: null, upper: null, exact: false, exactText: null, withheld: false }, RATIO, 'bounds n/a'],
  ])('rounds outwards: %o', (value, style, expected) => {
    expect(plain(formatBounds(value, style))).toBe(expected);
  });
});

describe('formatRelativeError', () => {
  it.each([
    [estimate(10_000, 9_840, 10_155), DISTINCT, '± 1.6 %'],
    [estimate(100, 80, 112), DISTINCT, '± 20 %'],
    [estimate(0, 0, 1), DISTINCT, null],
    [estimate(0.1, 0.09, 0.11), PERCENT, null],
    [{ value: 5, lower: 5, upper: 5, exact: true, exactText: null, withheld: false }, COUNT, null],
    [{ value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false }, DISTINCT, null],
  ])('of %o', (value, style, expected) => {
    expect(plain(formatRelativeError(value, style))).toBe(expected);
  });
});

describe('formatSpoken', () => {
  it('speaks value and bounds', () => {
    expect(formatSpoken(estimate(12345, 12201, 12490), DISTINCT)).toBe('12,345, between 12,201 and 12,490');
    expect(formatSpoken({ value: 5, lower: 5, upper: 5, exact: true, exactText: null, withheld: false }, COUNT)).toBe('5, exact');
    expect(formatSpoken({ value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false }, COUNT)).toBe('not available');
  });
});

describe('formatAxis', () => {
  it.each([
    [0, COUNT, '0'],
    [12_300, COUNT, '12.3K'],
    [2_450, COUNT, '2.45K'],
    [2_500, COUNT, '2.5K'],
    [1_200_000, DISTINCT, '1.2M'],
    [0.125, PERCENT, '12.5 %'],
    [7200, SECONDS, '2 h'],
    [120, SECONDS, '2 min'],
    [0.25, RATIO, '0.25'],
  ])('shortens %s to %s', (value, style, expected) => {
    expect(plain(formatAxis(value, style))).toBe(expected);
  });
});

describe('formatShort', () => {
  it.each([
    [99_999, COUNT, null],
    [137_629, COUNT, '137.6K'],
    [19_585_798, COUNT, '19.59M'],
    [1_840_000, DISTINCT, '1.84M'],
    [0.5, PERCENT, null],
    [4_443_840, SECONDS, null],
    [null, COUNT, null],
  ])('shortens %s to %s', (value, style, expected) => {
    expect(formatShort({ value, lower: value, upper: value, exact: false, exactText: null, withheld: false }, style)).toBe(expected);
  });
});

describe('a column', () => {
  it.each([
    ['minutes, however few', QUANTILE, [30, 415.3, 700], ['0.5 min', '6.9 min', '11.7 min']],
    ['decimals, however round', RATIO, [2, 1.375, 0.5], ['2.00', '1.38', '0.50']],
    ['whole numbers', RATIO, [2, 12, 5], ['2', '12', '5']],
    ['per cent', PERCENT, [0.0004, 0.1], ['0.04 %', '10.00 %']],
    ['seconds', SECONDS, [45, 45.25], ['45.0 s', '45.3 s']],
  ])('has one unit and constant decimals: %s', (_, style, numbers, expected) => {
    const values = numbers.map((value) => estimate(value, value, value));
    const column = columnStyle(style, values);
    expect(values.map((value) => plain(formatValue(value, column)))).toEqual(expected);
  });

  it('has the style of its measure where it is empty', () => {
    expect(columnStyle(PERCENT, [null, undefined])).toBe(PERCENT);
  });
});

describe('ranks and shares', () => {
  it('are printed as they are', () => {
    expect(formatPlaces({ best: 2, worst: 2 })).toBe('2');
    expect(formatPlaces({ best: 2, worst: 1200 })).toBe('2\u20131,200');
    expect(formatPlaces({ best: null, worst: null })).toBe('n/a');
    expect(plain(formatShare({ value: 0.0526 }))).toBe('5.3 %');
    expect(plain(formatShare({ value: 0.00042 }))).toBe('0.042 %');
  });
});

describe('a value of too few people', () => {
  it('is distinct from an undefined one', () => {
    const withheld: Value = { value: null, lower: null, upper: null, exact: false, exactText: null, withheld: true };
    expect(formatBounds(withheld, DISTINCT)).toBe('withheld');
    expect(formatSpoken(withheld, DISTINCT)).toBe('withheld, of too few people');
    expect(formatBounds({ ...withheld, withheld: false }, DISTINCT)).toBeNull();
  });
});
