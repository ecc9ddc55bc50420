import { describe, expect, it } from 'vitest';
import { extentOf, labelled, runsOf, scaleOf, spread, ticksOf } from './scale';

const value = (number: number | null, error = 0) =>
  number === null ? null : { value: number, lower: number - error, upper: number + error, exact: error === 0, exactText: null };
const line = (numbers: readonly (number | null)[], error = 0) => ({
  name: null,
  points: numbers.map((number) => ({ short: '', label: '', value: value(number, error) })),
});

describe('an axis', () => {
  it.each([
    [[0, 100], { from: 0, to: 100, step: 20, isCut: false }],
    [[30, 97], { from: 0, to: 100, step: 20, isCut: false }],
    [[-5, 10], { from: -5, to: 10, step: 5, isCut: false }],
    [[7, 7], { from: 0, to: 8, step: 2, isCut: false }],
    [[0.09, 0.181], { from: 0, to: 0.2, step: 0.05, isCut: false }],
    [[0, 0], { from: 0, to: 0.2, step: 0.2, isCut: false }],
    [[], { from: 0, to: 1, step: 0.25, isCut: false }],
  ])('of %j', (numbers, expected) => {
    expect(extentOf([line(numbers)])).toEqual(expected);
  });

  it('is cut where all lies in its upper half, and holds every bound', () => {
    const { from, to, isCut } = extentOf([line([1000, 1100], 15)]);
    expect(isCut).toBe(true);
    expect(from).toBeLessThanOrEqual(985);
    expect(from).toBeGreaterThan(500);
    expect(to).toBeGreaterThanOrEqual(1115);
  });

  it.each([
    [0, 100, 20, [0, 20, 40, 60, 80, 100]],
    [0, 0.3, 0.1, [0, 0.1, 0.2, 0.3]],
    [8000, 10_500, 500, [8000, 8500, 9000, 9500, 10_000, 10_500]],
  ])('from %d to %d has ticks at round numbers', (from, to, step, expected) => {
    expect(ticksOf({ from, to, step, isCut: false })).toEqual(expected);
  });

  it('places values in proportion', () => {
    const scale = scaleOf(0, 50, 200, 0);
    expect([0, 25, 50].map(scale.at)).toEqual([200, 100, 0]);
    expect(scaleOf(3, 3, 0, 10).at(3)).toBe(0);
  });
});

describe('what stands along an axis', () => {
  it('is runs of points that are there', () => {
    expect(runsOf(line([1, 2, null, 3, null]).points)).toEqual([
      [0, 1],
      [3, 3],
    ]);
    expect(runsOf([])).toEqual([]);
  });

  it('is as many labels as there is room for', () => {
    expect(labelled(7, 10)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(labelled(100, 5)).toEqual([0, 20, 40, 60, 80]);
    expect(labelled(3, 0)).toEqual([0]);
    expect(labelled(0, 5)).toEqual([]);
  });

  it('is names apart from each other, in the order of their lines, and within the picture', () => {
    const heights = spread([100, 101, 99, 200], 16, 200);
    const sorted = heights.toSorted((a, b) => a - b);
    const apart = sorted.slice(1).map((height, index) => height - (sorted[index] ?? 0));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(16);
    expect(heights.map((height) => sorted.indexOf(height))).toEqual([1, 2, 0, 3]);
    expect(Math.max(...heights)).toBeLessThanOrEqual(200);
  });
});
