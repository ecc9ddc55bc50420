import { expect, it } from 'vitest';
import { positionAfter } from './chartKeys';

it.each([
  ['ArrowRight', 4, 5],
  ['ArrowUp', 4, 5],
  ['ArrowLeft', 4, 3],
  ['ArrowDown', 0, 0],
  ['PageUp', 4, 7],
  ['PageDown', 4, 1],
  ['PageUp', 29, 30],
  ['Home', 4, 0],
  ['End', 4, 30],
])('%s leads from point %i to %i', (key, at, to) => {
  expect(positionAfter(key, { at, last: 30 })).toBe(to);
});

it('leaves every other key alone', () => {
  for (const key of ['a', 'Enter', 'Tab', 'toString']) expect(positionAfter(key, { at: 4, last: 30 })).toBeNull();
});

it('stays on the only point', () => {
  for (const key of ['ArrowRight', 'PageUp', 'End']) expect(positionAfter(key, { at: 0, last: 0 })).toBe(0);
});
