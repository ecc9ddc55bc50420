import { describe, expect, it } from 'vitest';
import { DATASET } from '../../testing/dataset';
import { toCubeFilter, toCubeQuery, toTrendQuery } from './query';
import { defaultState, type Filter } from './state';

const STATE = defaultState(DATASET);

describe('toCubeFilter', () => {
  const check = (filters: Filter[], expected: unknown) => {
    expect(toCubeFilter(filters, DATASET)).toEqual(expected);
  };

  it('is absent without filters', () => check([], null));

  it('uses the names of the model', () => {
    check([{ field: 'asset.tags', operator: 'all', values: ['a', 'b'] }], { assetTags: { allOf: ['a', 'b'] } });
    check([{ field: 'country', operator: 'none', values: ['US'] }], { country: { noneOf: ['US'] } });
  });

  it('joins filters with AND', () => {
    check(
      [
        { field: 'country', operator: 'any', values: ['US'] },
        { field: 'audience', operator: 'any', values: ['kids'] },
        { field: 'audience', operator: 'none', values: ['news'] },
      ],
      { and: [{ country: { anyOf: ['US'] } }, { audience: { anyOf: ['kids'] } }, { audience: { noneOf: ['news'] } }] },
    );
  });

  it('asks for the missing value by isNull', () => {
    check([{ field: 'country', operator: 'any', values: [null] }], { country: { isNull: true } });
    check([{ field: 'country', operator: 'any', values: [null, 'US'] }], {
      or: [{ country: { anyOf: ['US'] } }, { country: { isNull: true } }],
    });
    check([{ field: 'country', operator: 'none', values: [null] }], { country: { isNull: false } });
    check([{ field: 'country', operator: 'none', values: [null, 'US'] }], { country: { noneOf: ['US'], isNull: false } });
  });
});

describe('toCubeQuery', () => {
  it('asks one page in the order of the table', () => {
    expect(toCubeQuery({ ...STATE, groupBy: ['asset', 'asset.title'], from: '2026-01-01' }, DATASET, 2)).toEqual({
      from: '2026-01-01',
      to: null,
      where: null,
      groupBy: ['ASSET', 'ASSET_TITLE'],
      measures: ['IMPRESSIONS', 'VIEWERS', 'WATCH_P50', 'TAKE_RATE'],
      orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }],
      limit: 200,
      offset: 400,
    });
  });

  it('orders by a key', () => {
    expect(toCubeQuery({ ...STATE, sort: { by: 'asset', direction: 'ASC' } }, DATASET, 0).orderBy).toEqual([
      { key: 'ASSET', direction: 'ASC' },
    ]);
    expect(toCubeQuery({ ...STATE, groupBy: ['day'] }, DATASET, 0).orderBy).toEqual([{ key: 'DAY', direction: 'ASC' }]);
    expect(toCubeQuery({ ...STATE, groupBy: [] }, DATASET, 0).orderBy).toEqual([]);
  });
});

describe('toTrendQuery', () => {
  it('keeps dates and filters', () => {
    const filters: Filter[] = [{ field: 'country', operator: 'any', values: ['US'] }];
    expect(toTrendQuery({ ...STATE, filters, to: '2026-01-31' }, DATASET, 'viewers')).toMatchObject({
      to: '2026-01-31',
      where: { country: { anyOf: ['US'] } },
      groupBy: ['DAY'],
      measures: ['VIEWERS'],
    });
  });
});
