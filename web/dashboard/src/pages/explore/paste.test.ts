import { describe, expect, it, vi } from 'vitest';
import { findPasted, splitPasted } from './paste';

describe('splitPasted', () => {
  it.each([
    ['US\nDE\n\nFR\n', ['US', 'DE', 'FR']],
    ['US, DE; FR', ['US, DE', 'FR']],
    ['US, DE,US', ['US', 'DE']],
    ['Dune, part one\r\nHeat', ['Dune, part one', 'Heat']],
    ['US\tDE', ['US', 'DE']],
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

  it('finds by value and by label in any case, and names the unknown', async () => {
    const page = vi.fn(async () => ({ members, total: 3 }));
    expect(await findPasted(['us', 'sunrise', 'Mars', '(none)'], page)).toEqual({
      found: ['US', 'a1'],
      unknown: ['Mars', '(none)'],
    });
    expect(page).toHaveBeenCalledTimes(1);
  });

  it('searches value by value where the field is too large to fetch', async () => {
    const page = vi.fn(async (search: string) => ({
      members: search === '' ? [] : members.filter((member) => member.value === search),
      total: 9000,
    }));
    expect(await findPasted(['US', 'Mars'], page)).toEqual({ found: ['US'], unknown: ['Mars'] });
  });
});
