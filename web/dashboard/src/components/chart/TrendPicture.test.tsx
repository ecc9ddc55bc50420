import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { NumberStyle } from '../../format';
import type { Line, Point } from './points';
import { TrendPicture } from './TrendPicture';

const STYLE: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const estimate = (value: number, error = 10) => ({ value, lower: value - error, upper: value + error, exact: false, exactText: null, withheld: false });
const POINTS: Point[] = [
  { short: '1 Jan', label: '1 Jan 2026', value: estimate(100) },
  { short: '2 Jan', label: '2 Jan 2026', value: estimate(20) },
  { short: '3 Jan', label: '3 Jan 2026', value: null, note: 'missing' },
  { short: '4 Jan', label: '4 Jan 2026', value: estimate(90), note: 'provisional' },
];

function draw(lines: readonly Line[]) {
  return render(<TrendPicture lines={lines} style={STYLE} active={null} />).container;
}

const numbersOf = (path: Element | undefined | null) => [...(path?.getAttribute('d') ?? '').matchAll(/-?\d+(?:\.\d)?/g)].map(([text]) => Number(text));

describe('the picture of a trend', () => {
  it('joins a day with the one before by a line within a band of both bounds', () => {
    const picture = draw([{ name: null, points: POINTS }]);
    const [, firstY = 0, , secondY = 0] = numbersOf(picture.querySelector('.trend-line'));
    const band = numbersOf(picture.querySelector('.trend-band'));
    const [upper = 0, , , , lower = 0] = [band[1], band[3], band[5], band[5], band[7]];
    // Pixels count downwards.
    expect(firstY).toBeLessThan(secondY);
    expect(upper).toBeLessThan(firstY);
    expect(lower).toBeGreaterThan(firstY);
    expect(firstY - upper).toBeCloseTo(lower - firstY, 0);
  });

  it('leaves a gap for a missing day, hatched, and tints one that may change', () => {
    const picture = draw([{ name: null, points: POINTS }]);
    expect(picture.querySelectorAll('rect[fill^="url("]')).toHaveLength(1);
    expect(picture.querySelectorAll('.trend-open')).toHaveLength(1);
    const lines = [...picture.querySelectorAll('.trend-line')].map(numbersOf);
    // Two days in one run, and a day alone, which is a dot with a whisker.
    expect(lines.map((numbers) => numbers.length)).toEqual([4, 2]);
    expect(picture.querySelectorAll('.trend-whisker')).toHaveLength(1);
    expect(picture.querySelectorAll('.trend-hollow')).toHaveLength(1);
  });

  it('dashes the line to an incomplete day', () => {
    const points = [POINTS[0], POINTS[1], { ...POINTS[3], short: '3 Jan', label: '3 Jan 2026' }] as Point[];
    const dashed = draw([{ name: null, points }]).querySelectorAll('.trend-dashed');
    expect(dashed).toHaveLength(1);
    expect(numbersOf(dashed[0])).toHaveLength(4);
  });

  it('leaves out zero only where all values lie far above it, and says so', () => {
    const high = POINTS.slice(0, 2).map((point, index) => ({ ...point, value: estimate(1000 + index) }));
    expect(draw([{ name: null, points: high }]).textContent).toContain('does not begin at 0');
    expect(draw([{ name: null, points: POINTS }]).textContent).not.toContain('does not begin at 0');
  });

  it('ends lines in their names, each in its colour', () => {
    const picture = draw([
      { name: 'Sunrise', points: POINTS },
      { name: 'others', kind: 'others', points: POINTS },
    ]);
    const names = [...picture.querySelectorAll('.trend-name')];
    expect(names.map((name) => name.textContent)).toEqual(['Sunrise', 'others']);
    expect(names[1]?.getAttribute('class')).toContain('series-others');
    const heights = names.map((name) => Number(name.getAttribute('y')));
    // They end in one point, and are moved apart.
    expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThanOrEqual(16);
  });
});
