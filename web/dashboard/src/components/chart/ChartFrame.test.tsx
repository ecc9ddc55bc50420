import { fireEvent, render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { NumberStyle } from '../../format';
import { ChartFrame } from './ChartFrame';
import type { Point } from './points';

const STYLE: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const estimate = (value: number) => ({ value, lower: value - 10, upper: value + 10, exact: false, exactText: null, withheld: false });
const POINTS: readonly Point[] = [
  { short: '1 Jan', label: '1 Jan 2026', value: estimate(100) },
  { short: '2 Jan', label: '2 Jan 2026', value: null, note: 'missing' },
  { short: '3 Jan', label: '3 Jan 2026', value: estimate(90), note: 'provisional' },
];

function show(points: readonly Point[], asTable = false, onPick?: (index: number) => void) {
  const lines = [{ name: null, points }];
  return render(<ChartFrame label="Viewers by day" axis="Day" lines={lines} style={STYLE} asTable={asTable} onPick={onPick} />);
}

describe('a chart', () => {
  it('speaks the point under its slider, with value, bounds and notes', () => {
    show(POINTS);
    const slider = screen.getByRole('slider', { name: 'Viewers by day' });
    expect(slider.getAttribute('aria-valuetext')).toMatch(/1 Jan 2026.*100.*90.*110/);
    fireEvent.keyDown(slider, { key: 'ArrowRight' });
    expect(slider.getAttribute('aria-valuetext')).toMatch(/2 Jan 2026.*missing/);
    fireEvent.keyDown(slider, { key: 'End' });
    expect(slider.getAttribute('aria-valuenow')).toBe('2');
    expect(slider.getAttribute('aria-valuetext')).toMatch(/provisional/);
  });

  it('reads out the point with the focus, or under the pointer', () => {
    const { container } = show(POINTS);
    const readout = () => container.querySelector('.chart-readout')?.textContent?.trim();
    const slider = screen.getByRole('slider');
    expect(readout()).toBe('');
    fireEvent.focus(slider);
    fireEvent.keyDown(slider, { key: 'ArrowRight' });
    expect(readout()).toMatch(/^2 Jan 2026/);
    fireEvent.blur(slider);
    expect(readout()).toBe('');
    slider.getBoundingClientRect = () => ({ left: 0, width: 1000 }) as DOMRect;
    fireEvent.pointerMove(slider, { clientX: 960 });
    expect(readout()).toMatch(/^3 Jan 2026/);
    fireEvent.pointerLeave(slider);
    expect(readout()).toBe('');
  });

  it('a click on a point, or Enter, picks it', () => {
    const onPick = vi.fn<(index: number) => void>();
    show(POINTS, false, onPick);
    const slider = screen.getByRole('slider');
    slider.getBoundingClientRect = () => ({ left: 0, width: 1000 }) as DOMRect;
    fireEvent.pointerMove(slider, { clientX: 70 });
    fireEvent.click(slider);
    expect(onPick).toHaveBeenLastCalledWith(0);
    fireEvent.pointerLeave(slider);
    fireEvent.keyDown(slider, { key: 'End' });
    fireEvent.keyDown(slider, { key: 'Enter' });
    expect(onPick).toHaveBeenLastCalledWith(2);
  });

  it('gives the values of all lines at a place', () => {
    const lines = [
      { name: 'Sunrise', points: POINTS },
      { name: 'others', kind: 'others' as const, points: POINTS.map((point) => ({ ...point, value: estimate(50) })) },
    ];
    render(<ChartFrame label="Viewers by day" axis="Day" lines={lines} style={STYLE} asTable={false} />);
    expect(screen.getByRole('slider').getAttribute('aria-valuetext')).toBe(
      '1 Jan 2026: Sunrise 100, between 90 and 110; others 50, between 40 and 60',
    );
  });

  it('keeps its position within points that become fewer', () => {
    const view = show(POINTS);
    fireEvent.keyDown(screen.getByRole('slider'), { key: 'End' });
    view.rerender(<ChartFrame label="Viewers by day" axis="Day" lines={[{ name: null, points: POINTS.slice(0, 1) }]} style={STYLE} asTable={false} />);
    expect(screen.getByRole('slider').getAttribute('aria-valuenow')).toBe('0');
  });

  it('says the same numbers as a table', () => {
    show(POINTS, true);
    const rows = screen.getAllByRole('row').slice(1).map((row) => row.textContent ?? '');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/1 Jan 2026100.*90.*110/);
    expect(rows[1]).toMatch(/missing$/);
  });

  it('is not drawn without values, which could be mistaken for zeros', () => {
    show([{ short: '1 Jan', label: '1 Jan 2026', value: null }]);
    expect(screen.queryByRole('slider')).toBeNull();
    expect(screen.getByText('No data here.')).toBeDefined();
  });
});
