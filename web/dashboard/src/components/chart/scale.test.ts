import { describe, expect, it } from 'vitest';
import { axisOf, labelled, marksOf, runsOf, spread } from './scale';

const value = (number: number | null, error = 0) =>
  number === null ? null : { value: number, lower: number - error, upper: number + error, exact: error === 0, exactText: null, withheld: false };
const line = (numbers: readonly (number | null)[], error = 0) => ({
  name: null,
  points: numbers.map((number) => ({ short: '', label: '', value: value(number, error) })),
});

describe('an axis', () => {
  it.each([
    [[0, 100], [0, 20, 40, 60, 80, 100]],
    [[30, 97], [0, 20, 40, 60, 80, 100]],
    [[-5, 10], [-10, -5, 0, 5, 10]],
    [[0.09, 0.181], [0, 0.05, 0.1, 0.15, 0.2]],
    [[7, 7], [0, 1, 2, 3, 4, 5, 6, 7]],
    [[0, 0], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[], [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ])('of %j ends at marks', (numbers, expected) => {
    const axis = axisOf([line(numbers)], 200, 0);
    expect(marksOf(axis)).toEqual(expected);
    expect(axis.isCut).toBe(false);
    expect(axis.scale.domain()).toEqual([expected[0], expected.at(-1)]);
    expect(axis.scale.domain().map((end) => axis.scale(end))).toEqual([200, 0]);
  });

  it('is cut where all values lie in its upper half, and includes every bound', () => {
    const { scale, isCut } = axisOf([line([1000, 1100], 15)], 200, 0);
    const [from = 0, to = 0] = scale.domain();
    expect(isCut).toBe(true);
    expect(from).toBeLessThanOrEqual(985);
    expect(from).toBeGreaterThan(500);
    expect(to).toBeGreaterThanOrEqual(1115);
  });
});

describe('what stands along an axis', () => {
  it('has unbroken runs of points', () => {
    expect(runsOf(line([1, 2, null, 3, null]).points)).toEqual([
      [0, 1],
      [3, 3],
    ]);
    expect(runsOf([])).toEqual([]);
  });

  it('has as many labels as fit', () => {
    expect(labelled(7, 10)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(labelled(100, 5)).toEqual([0, 20, 40, 60, 80]);
    expect(labelled(3, 0)).toEqual([0]);
    expect(labelled(0, 5)).toEqual([]);
  });

  it('has names that do not overlap, in the order of their lines, within the picture', () => {
    const heights = spread([100, 101, 99, 200], 16, 200);
    const sorted = heights.toSorted((a, b) => a - b);
    const apart = sorted.slice(1).map((height, index) => height - (sorted[index] ?? 0));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(16);
    expect(heights.map((height) => sorted.indexOf(height))).toEqual([1, 2, 0, 3]);
    expect(Math.max(...heights)).toBeLessThanOrEqual(200);
  });
});
