import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { NO_CELL } from '../../api/cube';
import { DATASET } from '../../testing/dataset';
import { VerdictText } from './VerdictText';

const rate = DATASET.measure.get('take_rate');
const difference = { value: 0.01, lower: null, upper: null, exact: false, exactText: null, withheld: false };
const verdict = { word: 'TOO_LITTLE_DATA' as const, own: 0.2, other: 0.19, difference, days: 1, smallestLift: null, moreDays: 9, exposure: null, mix: null };

it('shows its words, and on demand the data still needed and what the words mean', async () => {
  if (!rate) throw new Error('the dataset of the tests has it');
  const value = { ...NO_CELL, value: 0.2, lower: 0.19, upper: 0.21, verdict, intervals: { basis: 'PEOPLE' as const, sampling: { lower: 0.1, upper: 0.3 }, combined: { lower: 0.09, upper: 0.31 } } };
  render(<VerdictText dataset={DATASET} measure={rate} value={value} of="all" />);
  await userEvent.click(screen.getByRole('button', { name: 'too little data' }));
  expect(await screen.findByRole('dialog', { name: 'Take rate of all: too little data' })).toBeTruthy();
  expect(await screen.findByText('Still needed: 9 more common days, at the current growth.')).toBeTruthy();
  expect(screen.getByText(/^Per day, over 1 settled common day:/).textContent).toContain('20.00\u202f% against 19.00\u202f%');
  expect(screen.getByText('What the words mean')).toBeTruthy();
});

it('is empty without a verdict', () => {
  if (!rate) throw new Error('the dataset of the tests has it');
  const { container } = render(<VerdictText dataset={DATASET} measure={rate} value={NO_CELL} of="all" />);
  expect(container.textContent).toBe('');
});
