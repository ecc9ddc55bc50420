import { fireEvent, render, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NumberStyle } from '../../format';
import { ChartFrame } from './ChartFrame';
import type { Point } from './points';

const made = vi.hoisted(() => ({ setOption: vi.fn(), dispatchAction: vi.fn(), resize: vi.fn(), dispose: vi.fn() }));
vi.mock('./echarts', () => ({ init: () => made }));

const STYLE: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };
const estimate = (value: number) => ({ value, lower: value - 10, upper: value + 10, exact: false, exactText: null });
const POINTS: readonly Point[] = [
  { short: '1 Jan', label: '1 Jan 2026', value: estimate(100) },
  { short: '2 Jan', label: '2 Jan 2026', value: null, note: 'missing' },
  { short: '3 Jan', label: '3 Jan 2026', value: estimate(90), note: 'provisional' },
];

const draw = (points: readonly Point[]) => ({ drawn: points.length });

function show(points: readonly Point[], asTable = false) {
  return render(<ChartFrame label="Viewers by day" axis="Day" points={points} style={STYLE} asTable={asTable} draw={draw} />);
}

beforeEach(() => {
  vi.clearAllMocks();
});

describe('a chart', () => {
  it('speaks the point under its slider, with value, bounds and what needs care', () => {
    show(POINTS);
    const slider = screen.getByRole('slider', { name: 'Viewers by day' });
    expect(slider.getAttribute('aria-valuetext')).toMatch(/1 Jan 2026.*100.*90.*110/);
    fireEvent.keyDown(slider, { key: 'ArrowRight' });
    expect(slider.getAttribute('aria-valuetext')).toMatch(/2 Jan 2026.*missing/);
    fireEvent.keyDown(slider, { key: 'End' });
    expect(slider.getAttribute('aria-valuenow')).toBe('2');
    expect(slider.getAttribute('aria-valuetext')).toMatch(/provisional/);
  });

  it('shows the tip of the point that has the focus, and hides it after', async () => {
    show(POINTS);
    const slider = screen.getByRole('slider');
    await vi.waitFor(() => expect(made.setOption).toHaveBeenCalledWith({ drawn: 3 }, { notMerge: true }));
    fireEvent.focus(slider);
    fireEvent.keyDown(slider, { key: 'ArrowRight' });
    expect(made.dispatchAction).toHaveBeenLastCalledWith({ type: 'showTip', seriesIndex: 0, dataIndex: 1 });
    fireEvent.blur(slider);
    expect(made.dispatchAction).toHaveBeenLastCalledWith({ type: 'hideTip' });
  });

  it('keeps its position within points that become fewer', () => {
    const view = show(POINTS);
    fireEvent.keyDown(screen.getByRole('slider'), { key: 'End' });
    view.rerender(<ChartFrame label="Viewers by day" axis="Day" points={POINTS.slice(0, 1)} style={STYLE} asTable={false} draw={draw} />);
    expect(screen.getByRole('slider').getAttribute('aria-valuenow')).toBe('0');
  });

  it('gives its memory back', async () => {
    const view = show(POINTS);
    await vi.waitFor(() => expect(made.setOption).toHaveBeenCalled());
    view.unmount();
    expect(made.dispose).toHaveBeenCalledOnce();
  });

  it('says the same numbers as a table', () => {
    show(POINTS, true);
    const rows = screen.getAllByRole('row').slice(1).map((row) => row.textContent ?? '');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/1 Jan 2026100.*90.*110/);
    expect(rows[1]).toMatch(/missing$/);
  });

  it('is not drawn of nothing, which could be taken for zeros', () => {
    show([{ short: '1 Jan', label: '1 Jan 2026', value: null }]);
    expect(screen.queryByRole('slider')).toBeNull();
    expect(screen.getByText('No data here.')).toBeDefined();
  });
});
