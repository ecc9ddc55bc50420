import { describe, expect, it } from 'vitest';
import { rowAfter } from './gridKeys';

describe('the keys of the table', () => {
  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 99, 99],
    ['j', 4, 5],
    ['ArrowUp', -1, 0],
    ['ArrowUp', 5, 4],
    ['k', 0, 0],
    ['PageDown', -1, 10],
    ['PageDown', 95, 99],
    ['PageUp', 5, 0],
    ['PageUp', 50, 40],
    ['Home', 50, 0],
    ['End', -1, 99],
    ['x', 5, null],
    ['toString', 5, null],
  ])('%s from %i leads to %s', (key, at, expected) => {
    expect(rowAfter(key, { at, last: 99, nInView: 10 })).toBe(expected);
  });
});
