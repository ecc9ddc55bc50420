import { describe, expect, it } from 'vitest';
import { tailOf } from './Label';

describe('the end of a label', () => {
  it.each([
    ['Salt & Smoke', null],
    ['Wandering Neighbors of the Coast · Poster 3', 'Coast · Poster 3'],
    ['Wandering Neighbors · artwork 12', '· artwork 12'],
    ['Paper Shadow · teaser 4 (en)', 'teaser 4 (en)'],
    ['asset/2026/wandering-neighbors/1234567', 'neighbors/1234567'],
    ['averyveryverylongkeywithoutanypart', null],
    ['A long beginning and anunbrokenendingoflettersthatgoeson', null],
  ])('%s', (text, end) => {
    const at = tailOf(text);
    expect(at === null ? null : text.slice(at)).toBe(end);
  });
});
