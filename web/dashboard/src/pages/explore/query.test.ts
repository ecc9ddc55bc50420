import { describe, expect, it } from 'vitest';
import { toDataset } from '../../api/dataset';
import { DATASET, DATASET_INFO } from '../../testing/dataset';
import { toBarsQuery, toCubeFilter, toCubeQuery, toHaving, toOthersQuery, toSplitQuery, toTrendQuery } from './query';
import { defaultState, type ExploreState, type Filter } from './state';

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

describe('what rows have besides their measures', () => {
  const dated = { ...STATE, from: '2026-01-08', to: '2026-01-14' };

  it('is the table on the page', () => {
    const query = toCubeQuery({ ...dated, beside: 'previous', shown: ['ranks', 'shares'] }, DATASET, 0);
    expect(query).toMatchObject({ compare: { previousPeriod: true }, extras: ['RANKS', 'SHARES', 'VERDICTS', 'INTERVALS'], limit: 100 });
    const given = toCubeQuery({ ...dated, beside: { from: '2025-12-01', to: '2025-12-07' } }, DATASET, 0);
    expect(given.compare).toEqual({ days: { from: '2025-12-01', to: '2025-12-07' } });
  });

  it('asks for verdicts on rates only, over known days of at most a year, and not by steps of time', () => {
    const extras = (part: Partial<ExploreState>) => toCubeQuery({ ...dated, beside: 'previous' as const, ...part }, DATASET, 0).extras ?? [];
    expect(extras({})).toEqual(['VERDICTS', 'INTERVALS']);
    expect(extras({ beside: null })).toEqual([]);
    expect(extras({ measures: ['viewers'] })).toEqual([]);
    expect(extras({ groupBy: ['day'] })).toEqual([]);
    expect(extras({ from: '2025-01-14', to: '2026-01-14' })).toEqual(['VERDICTS', 'INTERVALS']);
    expect(extras({ from: '2025-01-13', to: '2026-01-14' })).toEqual([]);
    expect(extras({ from: null, to: null, beside: { from: '2026-01-01', to: '2026-01-07' } })).toEqual([]);
  });

  it('has no ranks by a key, and no days before all time', () => {
    expect(toCubeQuery({ ...dated, groupBy: ['day'], shown: ['ranks'] }, DATASET, 0).extras).toBeUndefined();
    expect(toCubeQuery({ ...STATE, beside: 'previous' }, DATASET, 0).compare).toBeUndefined();
  });

  it('is a filter with the names of the model', () => {
    const conditions = [
      { measure: 'viewers', min: 100, max: null },
      { measure: 'take_rate', min: 0.1, max: 0.5 },
    ];
    expect(toHaving(conditions, DATASET)).toEqual({ viewers: { atLeast: 100 }, takeRate: { atLeast: 0.1, atMost: 0.5 } });
    expect(toHaving([], DATASET)).toBeNull();
    expect(toCubeQuery({ ...STATE, conditions }, DATASET, 0).having).toEqual(toHaving(conditions, DATASET));
  });
});

describe('toBarsQuery', () => {
  it('asks for the charted measure, the one that the table is sorted by, and the others', () => {
    expect(toBarsQuery({ ...STATE, sort: { by: 'impressions', direction: 'DESC' }, beside: 'previous' }, DATASET, 'viewers', 7)).toMatchObject({
      measures: ['VIEWERS', 'IMPRESSIONS'],
      orderBy: [{ measure: 'IMPRESSIONS', direction: 'DESC' }],
      extras: ['OTHERS'],
      limit: 7,
    });
  });
});

describe('toTrendQuery', () => {
  it('asks nothing of a dataset without steps of time', () => {
    expect(toTrendQuery(STATE, toDataset({ ...DATASET_INFO, timeKeys: [] }), 'viewers')).toBeNull();
  });

  it('takes the finest steps that the dataset names', () => {
    const dataset = toDataset({ ...DATASET_INFO, timeKeys: [{ name: 'quarter', enumName: 'QUARTER', label: 'Quarter' }] });
    expect(toTrendQuery(STATE, dataset, 'viewers')?.groupBy).toEqual(['QUARTER']);
  });

  it('has steps and windows', () => {
    expect(toTrendQuery({ ...STATE, step: 'month' }, DATASET, 'viewers')?.groupBy).toEqual(['MONTH']);
    expect(toTrendQuery({ ...STATE, window: 7 }, DATASET, 'viewers')?.window).toEqual({ trailingDays: 7 });
    expect(toTrendQuery({ ...STATE, window: 'all' }, DATASET, 'viewers')?.window).toEqual({ cumulative: true });
  });

  it('is split by members, with the rest as a line of its own', () => {
    const trend = toTrendQuery({ ...STATE, filters: [{ field: 'audience', operator: 'any', values: ['kids'] }] }, DATASET, 'viewers') ?? { measures: [] };
    expect(toSplitQuery(trend, 'country', ['US', 'DE'], DATASET)).toMatchObject({
      groupBy: ['DAY', 'COUNTRY'],
      where: { and: [{ audience: { anyOf: ['kids'] } }, { country: { anyOf: ['US', 'DE'] } }] },
    });
    expect(toOthersQuery(trend, 'country', ['US', null], DATASET)).toMatchObject({
      groupBy: ['DAY'],
      where: { and: [{ audience: { anyOf: ['kids'] } }, { country: { noneOf: ['US'], isNull: false } }] },
    });
  });

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
