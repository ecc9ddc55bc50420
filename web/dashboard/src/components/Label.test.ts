import { describe, expect, it } from 'vitest';
import { partsOf, tailOf } from './Label';

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

describe('the parts of a label', () => {
  it.each([
    ['Wandering Neighbors · Poster 3', 'Wandering Neighbors', 'Poster 3'],
    ['The Electric Summer · artwork 1 · Germany', 'The Electric Summer · artwork 1', 'Germany'],
    ['Salt & Smoke', null, 'Salt & Smoke'],
    [' · x', null, ' · x'],
  ])('%s', (text, shared, own) => {
    expect(partsOf(text)).toEqual({ shared, own });
  });
});
