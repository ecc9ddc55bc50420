import { describe, expect, it } from 'vitest';
import { isBehind, newestOf, type Snapshot } from './newest';

function snapshot(version: number, committedAt: string): Snapshot {
  return { version, committedAt, fingerprint: 'f', firstDay: null, lastDay: null, nDays: 0, nCells: 0, verification: null };
}

const FIRST = snapshot(1, '2026-01-01T00:00:00Z');
const SECOND = snapshot(2, '2026-01-02T00:00:00Z');
const MADE_ANEW = snapshot(0, '2026-02-01T00:00:00Z');

describe('the newest snapshot', () => {
  it.each([
    ['nothing known', null, FIRST, FIRST],
    ['nothing told', FIRST, null, FIRST],
    ['nothing at all', null, null, null],
    ['a newer one', FIRST, SECOND, SECOND],
    ['an older one', SECOND, FIRST, SECOND],
    ['the same one, verified meanwhile', SECOND, { ...SECOND, nDays: 3 }, { ...SECOND, nDays: 3 }],
    ['a lake that was recreated', SECOND, MADE_ANEW, MADE_ANEW],
  ])('%s', (_, known, told, expected) => {
    expect(newestOf(known, told)).toEqual(expected);
  });

  it('is behind only by version and by time', () => {
    expect(isBehind(FIRST, SECOND)).toBe(true);
    expect(isBehind(SECOND, FIRST)).toBe(false);
    expect(isBehind(SECOND, SECOND)).toBe(false);
    expect(isBehind(MADE_ANEW, SECOND)).toBe(false);
  });
});
