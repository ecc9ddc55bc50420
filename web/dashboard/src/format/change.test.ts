import { describe, expect, it } from 'vitest';
import { formatChange } from './change';
import type { NumberStyle, Value } from './number';

const DISTINCT: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const PERCENT: NumberStyle = { kind: 'DERIVED', format: 'PERCENT' };
const of = (value: number | null, lower: number | null = value, upper: number | null = value): Value => ({
  value,
  lower,
  upper,
  exact: value !== null && lower === value && upper === value,
  exactText: null,
});
const plain = (text: string | null) => text?.replaceAll('\u202f', ' ').replaceAll('\u2212', '-') ?? null;

describe('formatChange', () => {
  it.each([
    ['above what counting errs by', of(60, 40, 80), of(1.0617, 1.0401, 1.0809), 'up', '+6.2 %', '+4.0 % to +8.1 %'],
    ['below it', of(-60, -80, -40), of(0.94, 0.919, 0.9601), 'down', '-6.0 %', '-8.1 % to -3.9 %'],
    ['within it', of(5, -10, 20), of(1.005, 0.99, 1.02), 'same', '+0.5 %', '-1.0 % to +2.0 %'],
    ['exact', of(12), of(1.5), 'up', '+50.0 %', null],
    ['none', of(0), of(1), 'same', '0.0 %', null],
    ['beside nothing', of(7), of(null), 'up', 'new', null],
    ['unknown', of(null), of(null), 'unknown', 'n/a', null],
  ])('%s', (_, difference, ratio, direction, text, bounds) => {
    const change = formatChange({ other: of(1000), difference, ratio }, DISTINCT);
    expect([change.direction, plain(change.text), plain(change.bounds)]).toEqual([direction, text, bounds]);
  });

  it('gives rates in points, rounded outwards', () => {
    const change = formatChange({ other: of(0.1), difference: of(0.0071, 0.00021, 0.01399), ratio: of(1.07) }, PERCENT);
    expect([change.direction, plain(change.text), plain(change.bounds)]).toEqual(['up', '+0.71 points', '+0.02 points to +1.40 points']);
  });

  it('is unknown where nothing is compared', () => {
    expect(formatChange(null, DISTINCT).direction).toBe('unknown');
    expect(formatChange(undefined, DISTINCT).text).toBe('n/a');
  });
});
