import { describe, expect, it } from 'vitest';
import { escapeValue, parseSearch, splitValues, stringifySearch } from './search';

describe('the search part of an address', () => {
  it.each([
    [{}, ''],
    [{ from: '2026-01-01' }, '?from=2026-01-01'],
    [{ 'country.any': 'DE,US' }, '?country.any=DE,US'],
    [{ 'country.any': 'a~,b' }, '?country.any=a~,b'],
    [{ 'asset.title.any': 'Salt & Smoke = 1 + 1?' }, '?asset.title.any=Salt+%26+Smoke+%3D+1+%2B+1%3F'],
    [{ group: '' }, '?group='],
  ])('goes there and back: %o', (params, text) => {
    expect(stringifySearch(params)).toBe(text);
    expect(parseSearch(text)).toEqual(params);
  });

  it('joins the values of a repeated name', () => {
    expect(parseSearch('?country.any=DE&group=day&country.any=US,CA')).toEqual({ 'country.any': 'DE,US,CA', group: 'day' });
  });

  it.each(['?%E0%A4%A', '?=&&&', '?a=b=c', '?__proto__=x', '???'])('never fails: %s', (text) => {
    expect(() => stringifySearch(parseSearch(text))).not.toThrow();
  });
});

describe('a list of values', () => {
  it.each([
    [['DE', 'US'], 'DE,US'],
    [['a,b', 'c~d'], 'a~,b,c~~d'],
    [[null, '', '~0', '~e', '~,'], '~0,~e,~~0,~~e,~~~,'],
    [['~', ','], '~~,~,'],
  ])('goes there and back: %o', (values, text) => {
    expect(values.map(escapeValue).join(',')).toBe(text);
    expect(splitValues(text)).toEqual(values);
  });

  it.each(['~', 'a~', '~x', 'a,~', 'a,,b', ',a'])('is refused where an escape or a value is broken: %s', (text) => {
    expect(splitValues(text)).toBeNull();
  });
});
