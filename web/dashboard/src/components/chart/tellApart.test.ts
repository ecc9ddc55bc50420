import { describe, expect, it } from 'vitest';
import { tellApart } from './tellApart';

describe('labels of an axis', () => {
  it('are cut where they differ', () => {
    const labels = ['Wandering Neighbors · Poster 1', 'Wandering Neighbors · Poster 2', 'Salt & Smoke'];
    expect(tellApart(labels, 20)).toEqual(['… Poster 1', '… Poster 2', 'Salt & Smoke']);
  });

  it('show the whole word in which they differ', () => {
    const labels = ['Wandering Neighbors · Night poster', 'Wandering Neighbors · Nightly trailer'];
    expect(tellApart(labels, 20)).toEqual(['… Night poster', '… Nightly trailer']);
  });

  it('are cut in the middle where they are one word', () => {
    const labels = ['asset-00000000000000000000001', 'asset-00000000000000000000002'];
    expect(tellApart(labels, 12)).toEqual(['asset…000001', 'asset…000002']);
  });

  it('stay as they are where there is room, or nothing to tell apart', () => {
    expect(tellApart(['US', 'DE', 'US'], 10)).toEqual(['US', 'DE', 'US']);
    expect(tellApart(['A long label that is cut', 'Another'], 10)).toEqual(['A long la…', 'Another']);
    expect(tellApart([], 10)).toEqual([]);
  });

  it('keep letters of two units whole', () => {
    expect(tellApart(['😀😀😀😀😀😀'], 4)).toEqual(['😀😀😀…']);
  });
});
