import { describe, expect, it } from 'vitest';
import { acknowledgement, handled, LIST, mute, outlier } from '../testing/outliers';
import { becameOf, countNew, entriesOf, unlisted } from './outlierQueue';
import type { Handled } from './outliers';

const places = (list = LIST, kept: Handled | null = handled({})) => entriesOf(list, kept, null).map(({ id, place }) => `${id} ${place}`);

describe('the queue of outliers', () => {
  it('has a misleading one once, and not as a star too', () => {
    expect(places()).toEqual(['MISLEADING a1 open', 'FATIGUE a2 open', 'STAR a3 open']);
  });

  it('leaves out what was acknowledged while it was listed, by whomever', () => {
    expect(places(LIST, handled({ acknowledgements: [acknowledgement({ value: 'a1', kind: 'MISLEADING' })] }))[0]).toBe('MISLEADING a1 acknowledged');
    // Of another kind, of another field, or before it was listed again: that is another matter.
    for (const other of [{ kind: 'STAR' as const }, { field: 'country' }, { through: '2026-01-19' }]) {
      expect(places(LIST, handled({ acknowledgements: [acknowledgement({ value: 'a1', kind: 'MISLEADING', ...other })] }))[0]).toBe('MISLEADING a1 open');
    }
  });

  it('takes one that was listed before the first day known for the same one', () => {
    const list = { ...LIST, outliers: [outlier({ since: '2026-01-28', orBefore: true })] };
    expect(places(list, handled({ acknowledgements: [acknowledgement({ value: 'a1', kind: 'MISLEADING', through: '2026-01-20' })] }))).toEqual(['MISLEADING a1 acknowledged']);
  });

  it('mutes a kind or every one, through a day of the list or for ever', () => {
    const first = (part: Parameters<typeof mute>[0]) => places(LIST, handled({ mutes: [mute(part)] }))[0];
    expect(first({ kind: 'MISLEADING' })).toBe('MISLEADING a1 muted');
    expect(first({ kind: null })).toBe('MISLEADING a1 muted');
    expect(first({ kind: null, until: '2026-01-31' })).toBe('MISLEADING a1 muted');
    expect(first({ kind: null, until: '2026-01-30' })).toBe('MISLEADING a1 open');
    expect(first({ kind: 'STAR' })).toBe('MISLEADING a1 open');
    expect(first({ value: 'a2', kind: null })).toBe('MISLEADING a1 open');
  });

  it('counts as new what the last visit did not show and nobody has acknowledged or muted', () => {
    const visit = { at: '2026-01-30T08:00:00Z', through: '2026-01-30', listed: [{ value: 'a1', kind: 'MISLEADING' as const }, { value: 'a3', kind: 'WEAK' as const }] };
    expect(countNew(entriesOf(LIST, handled({}), visit))).toBe(2);
    expect(countNew(entriesOf(LIST, handled({ mutes: [mute({ value: 'a3' })] }), visit))).toBe(1);
    expect(countNew(entriesOf(LIST, handled({ acknowledgements: [acknowledgement({ value: 'a2', kind: 'FATIGUE' })] }), visit))).toBe(1);
    expect(countNew(entriesOf(LIST, null, null))).toBe(3);
  });

  it('tells of each of a week before what became of it, and what was done', () => {
    const kept = handled({ acknowledgements: [acknowledgement({ value: 'a5', kind: 'STAR', since: '2026-01-20', through: '2026-01-24' }), acknowledgement({ id: '9', value: 'a4', kind: 'STAR', since: '2026-01-30' })] });
    const told = becameOf(LIST, kept).map(({ outlier: { value }, fate, acknowledgement: done }) => [value, fate, done?.id ?? null]);
    expect(told).toEqual([
      ['a1', 'still', null],
      ['a4', 'turned', null],
      ['a5', 'gone', '1'],
    ]);
    expect(becameOf({ ...LIST, earlier: null }, kept)).toEqual([]);
  });

  it('keeps apart what is acknowledged or muted and not listed', () => {
    const kept = handled({ acknowledgements: [acknowledgement({ value: 'a1', kind: 'MISLEADING' }), acknowledgement({ id: '2', value: 'old' })], mutes: [mute({ value: 'gone' })] });
    const rest = unlisted(entriesOf(LIST, kept, null), kept);
    expect(rest.acknowledgements.map(({ value }) => value)).toEqual(['old']);
    expect(rest.mutes.map(({ value }) => value)).toEqual(['gone']);
  });
});
