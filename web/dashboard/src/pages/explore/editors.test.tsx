import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { DATASET } from '../../testing/dataset';
import BesideEditor, { problemOf } from './BesideEditor';
import ConditionEditor from './ConditionEditor';
import { conditionText, readBound } from './conditionText';
import type { Beside, Condition } from './state';

const rate = DATASET.measure.get('take_rate');
const viewers = DATASET.measure.get('viewers');

describe('conditions', () => {
  it('are typed in the unit that is shown', async () => {
    const onChange = vi.fn<(condition: Condition) => void>();
    render(<ConditionEditor measures={DATASET.measures} conditions={[]} onChange={onChange} />);
    await userEvent.type(screen.getByLabelText('Take rate, at least'), '7{Enter}');
    expect(onChange).toHaveBeenLastCalledWith({ measure: 'take_rate', min: 0.07, max: null });
    await userEvent.type(screen.getByLabelText('Viewers, at most'), '12,500');
    fireEvent.blur(screen.getByLabelText('Viewers, at most'));
    expect(onChange).toHaveBeenLastCalledWith({ measure: 'viewers', min: null, max: 12_500 });
  });

  it('refuse text that is no number, and a minimum above the maximum', async () => {
    const onChange = vi.fn<(condition: Condition) => void>();
    render(<ConditionEditor measures={DATASET.measures} conditions={[{ measure: 'viewers', min: 10, max: null }]} onChange={onChange} />);
    expect(screen.getByLabelText('Viewers, at least')).toHaveProperty('value', '10');
    await userEvent.type(screen.getByLabelText('Viewers, at most'), '5{Enter}');
    expect(screen.getByRole('alert').textContent).toBe('The minimum is above the maximum.');
    await userEvent.type(screen.getByLabelText('Viewers, at most'), 'x{Enter}');
    expect(screen.getByRole('alert').textContent).toBe('Type a number.');
    expect(onChange).not.toHaveBeenCalled();
  });

  it('are written in words', () => {
    if (!rate || !viewers) throw new Error('the dataset of the tests has both');
    expect(conditionText(viewers, { min: 100, max: null })).toBe('at least 100');
    expect(conditionText(rate, { min: null, max: 0.1 })).toBe('at most 10.00\u202f%');
    expect(conditionText(viewers, { min: 1, max: 2 })).toBe('1 to 2');
    expect([readBound('', 1), readBound(' 1 000,5 ', 1), readBound('7', 100), readBound('-', 1)]).toEqual([null, 10_005, 0.07, undefined]);
  });
});

describe('the compared days', () => {
  it.each([
    ['2026-01-01', '2026-01-07', /^fine$/],
    ['', '2026-01-07', /Both days/],
    ['2026-01-08', '2026-01-07', /after the last/],
    ['0002-01-01', '2026-01-07', /from 1900/],
  ])('from %s to %s', (from, to, expected) => {
    expect(problemOf(from, to) ?? 'fine').toMatch(expected);
  });

  it('are the days just before, or chosen ones', async () => {
    const onChange = vi.fn<(beside: Beside | null) => void>();
    const onClose = vi.fn<() => void>();
    render(<BesideEditor beside={null} days={{ from: '2026-01-01', to: '2026-01-07' }} onChange={onChange} onClose={onClose} />);
    await userEvent.click(screen.getByRole('button', { name: 'The days just before: 1–7 Jan 2026' }));
    expect(onChange).toHaveBeenLastCalledWith('previous');
    fireEvent.change(screen.getByLabelText('From'), { target: { value: '2025-12-01' } });
    fireEvent.change(screen.getByLabelText('To'), { target: { value: '2025-12-07' } });
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(onChange).toHaveBeenLastCalledWith({ from: '2025-12-01', to: '2025-12-07' });
    expect(onClose).toHaveBeenCalledTimes(2);
  });

  it('cannot be the days before where all days are shown', () => {
    render(<BesideEditor beside={null} days={null} onChange={() => {}} onClose={() => {}} />);
    expect(screen.getByRole('button', { name: /choose dates first/ })).toHaveProperty('disabled', true);
  });
});
