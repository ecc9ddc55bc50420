import { describe, expect, it } from 'vitest';
import type { StatusPartsFragment } from './generated';
import { isBehind, isWithdrawn, newestOf, type Snapshot } from './newest';

function snapshot(version: number, committedAt: string): Snapshot {
  return { version, committedAt, fingerprint: 'f', firstDay: null, lastDay: null, nDays: 0, nCells: 0, withheld: false, verification: null };
}

const FIRST = snapshot(1, '2026-01-01T00:00:00Z');
const SECOND = snapshot(2, '2026-01-02T00:00:00Z');
const MADE_ANEW = snapshot(0, '2026-02-01T00:00:00Z');

function serving(of: Snapshot | null, part: Partial<StatusPartsFragment> = {}): StatusPartsFragment {
  return { state: 'SERVING', message: null, snapshot: of, refused: null, isStuck: false, projection: null, versionsBehind: 0, pin: null, ...part };
}

const PIN = { version: 1, pinnedAt: '2026-01-03T00:00:00Z', by: 'ada', reason: '' };
const BAD = { version: 2, committedAt: null, reason: 'ada marked it as bad', isMarkedBad: true };

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
    expect(newestOf(known, told && serving(told))).toEqual(expected);
  });

  it('goes back when people decide so', () => {
    expect(newestOf(SECOND, serving(FIRST, { pin: PIN }))).toBe(FIRST);
    expect(newestOf(SECOND, serving(FIRST, { refused: BAD }))).toBe(FIRST);
    expect(newestOf(SECOND, serving(FIRST, { refused: { ...BAD, isMarkedBad: false } }))).toBe(SECOND);
    expect(newestOf(SECOND, serving(FIRST, { refused: { ...BAD, version: 3 } }))).toBe(SECOND);
    expect(isWithdrawn(FIRST, serving(FIRST, { pin: PIN }))).toBe(false);
    expect(isWithdrawn(SECOND, null)).toBe(false);
  });

  it('is behind only if both version and time are earlier', () => {
    expect(isBehind(FIRST, SECOND)).toBe(true);
    expect(isBehind(SECOND, FIRST)).toBe(false);
    expect(isBehind(SECOND, SECOND)).toBe(false);
    expect(isBehind(MADE_ANEW, SECOND)).toBe(false);
  });
});
