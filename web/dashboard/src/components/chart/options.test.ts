import { describe, expect, it } from 'vitest';
import type { NumberStyle } from '../../format';
import type { ChartColors } from './colors';
import { barsOption, describePoint, trendOption } from './options';
import type { Point } from './points';

const STYLE: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const COLORS = Object.fromEntries(
  ['text', 'muted', 'line', 'surface', 'accent', 'band', 'whisker', 'caution'].map((name) => [name, name]),
) as unknown as ChartColors;

const estimate = (value: number, lower: number, upper: number) => ({ value, lower, upper, exact: false, exactText: null });
const POINTS: Point[] = [
  { short: '1 Jan', label: '1 Jan 2026', value: estimate(100, 90, 110) },
  { short: '2 Jan', label: '2 Jan 2026', value: estimate(120, 110, 130) },
  { short: '3 Jan', label: '3 Jan 2026', value: null, note: 'missing' },
  { short: '4 Jan', label: '4 Jan 2026', value: estimate(90, 80, 100), note: 'provisional' },
];

interface Shape {
  readonly type: string;
  readonly shape: Record<string, unknown>;
  readonly style: Record<string, unknown>;
}

type Render = (params: unknown, api: unknown) => { readonly children: readonly Shape[] } | null;

/** Draws one point with a scale of one pixel a unit, the zero of values at 1000. */
function draw(option: object, index: number): readonly Shape[] {
  const { series } = option as { series: readonly [{ renderItem: Render; data: readonly (readonly (number | null)[])[] }] };
  const row = series[0].data[index] ?? [];
  const isBar = typeof row[3] === 'number' && row.length === 4 && row[3] === index;
  const api = {
    coord: ([x, y]: [number, number]) => (isBar ? [x, y * 20] : [x * 10, 1000 - y]),
    value: (dimension: number) => row[dimension] ?? Number.NaN,
    size: () => [1, 20],
  };
  const params = { dataIndex: index, coordSys: { x: 0, y: 0, width: 40, height: 1000 } };
  return series[0].renderItem(params, api)?.children ?? [];
}

describe('the trend', () => {
  const option = trendOption(POINTS, STYLE, COLORS);

  it('joins a day with the one before by a line and a band of both bounds', () => {
    const shapes = draw(option, 1);
    expect(shapes.find((shape) => shape.type === 'polyline')?.shape['points']).toEqual([
      [0, 900],
      [10, 880],
    ]);
    expect(shapes.find((shape) => shape.type === 'polygon')?.shape['points']).toEqual([
      [0, 910],
      [0, 890],
      [10, 870],
      [10, 890],
    ]);
  });

  it('leaves a gap for a missing day, with a band that says so', () => {
    const shapes = draw(option, 2);
    expect(shapes.map((shape) => shape.type)).toEqual(['rect']);
    expect(shapes[0]?.style['fill']).toBe('muted');
  });

  it('draws a day that stands alone as a dot with its bounds', () => {
    const types = draw(option, 3).map((shape) => shape.type);
    expect(types).toContain('circle');
    expect(types).toContain('line');
    expect(types).not.toContain('polyline');
  });

  it('cuts the axis only where the line would be flat, and says so', () => {
    expect(option['yAxis']).toMatchObject({ scale: true, name: 'does not begin at 0' });
    const low: Point = { short: '5 Jan', label: '5 Jan 2026', value: estimate(50, 45, 55) };
    for (const points of [[...POINTS, low], [], [POINTS[2] as Point]]) {
      expect(trendOption(points, STYLE, COLORS)['yAxis']).not.toHaveProperty('scale');
    }
  });
});

describe('bars', () => {
  const option = barsOption(POINTS, STYLE, COLORS);

  it('begin at zero and carry whiskers at both bounds', () => {
    const shapes = draw(option, 1);
    expect(shapes[0]).toMatchObject({ type: 'rect', shape: { x: 0, width: 120 } });
    const ends = shapes.filter((shape) => shape.type === 'line').map((shape) => [shape.shape['x1'], shape.shape['x2']]);
    expect(ends).toEqual([
      [110, 130],
      [110, 110],
      [130, 130],
    ]);
  });

  it('draw nothing where there is no value', () => {
    expect(draw(option, 2)).toEqual([]);
  });
});

describe('a point in words', () => {
  it.each([
    [POINTS[0], '1 Jan 2026: 100, between 90 and 110'],
    [POINTS[2], '3 Jan 2026: no rows (missing)'],
    [POINTS[3], '4 Jan 2026: 90, between 80 and 100 (provisional)'],
  ])('%o', (point, words) => {
    expect(point && describePoint(point, STYLE)).toBe(words);
  });
});
