import { describe, expect, it, vi } from 'vitest';
import { findPasted, splitPasted } from './paste';

describe('splitPasted', () => {
  it.each([
    ['US\nDE\n\nFR\n', ['US', 'DE', 'FR']],
    ['US, DE; FR', ['US, DE', 'FR']],
    ['US, DE,US', ['US', 'DE']],
    ['Dune, part one\r\nHeat', ['Dune, part one', 'Heat']],
    ['US\tDE', ['US', 'DE']],
    ['"Dune, part one",2021\r\n"The ""Heat""",1995\n', ['Dune, part one', 'The "Heat"']],
    ['"a;b";"c"', ['a;b', 'c']],
    ['"two\nlines",1\nUS,2', ['two\nlines', 'US']],
    ['US\t12\nDE\t7', ['US', 'DE']],
    ['\uFEFFUS\nDE', ['US', 'DE']],
    ['US', []],
    ['  ', []],
  ])('%j', (text, expected) => {
    expect(splitPasted(text)).toEqual(expected);
  });
});

describe('findPasted', () => {
  const members = [
    { value: 'a1', label: 'Sunrise' },
    { value: 'US', label: 'US' },
    { value: null, label: '(none)' },
  ];

  it('finds by value and by label in any case, and names unknown values', async () => {
    const page = vi.fn(async () => ({ members, total: 3 }));
    expect(await findPasted(['us', 'sunrise', 'Mars', '(none)'], page)).toEqual({
      found: ['US', 'a1'],
      unknown: ['Mars', '(none)'],
    });
    expect(page).toHaveBeenCalledTimes(1);
  });

  it('folds accents and Unicode forms', async () => {
    const page = vi.fn(async () => ({ members: [{ value: 'c', label: 'Caf\u00e9' }, { value: 'cafe\u0301', label: 'x' }], total: 2 }));
    expect(await findPasted(['CAFE', 'x'], page)).toEqual({ found: ['cafe\u0301', 'cafe\u0301'], unknown: [] });
  });

  it('fetches the pages of a large field once, however long the list is', async () => {
    const all = Array.from({ length: 12_000 }, (_, index) => ({ value: `v${index}`, label: `v${index}` }));
    const page = vi.fn(async (_search: string, first: number, offset: number) => ({ members: all.slice(offset, offset + first), total: all.length }));
    const pasted = all.map(({ value }) => value);
    expect(await findPasted([...pasted, 'Mars'], page)).toEqual({ found: pasted, unknown: ['Mars'] });
    expect(page).toHaveBeenCalledTimes(3);
  });

  it('searches value by value where the field is too large to fetch', async () => {
    const page = vi.fn(async (search: string) => ({
      members: search === '' ? [] : members.filter((member) => member.value === search),
      total: 900_000,
    }));
    expect(await findPasted(['US', 'Mars'], page)).toEqual({ found: ['US'], unknown: ['Mars'] });
  });
});
