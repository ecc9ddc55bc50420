import { describe, expect, it } from 'vitest';
import { DATASET } from '../../testing/dataset';
import type { RawSearch } from '../../search';
import { readAddress } from './address';
import { replaceValue, withCondition, withDrawn, withFilter, withNot, withOnly, withSort } from './changes';
import { besideOf, daysOf, daysText, drawnMeasure, defaultState, type ExploreState, effectiveSort, readState, writeState } from './state';

const DEFAULTS = defaultState(DATASET);

function roundTrip(state: Partial<ExploreState>, expected: RawSearch) {
  const full = { ...DEFAULTS, ...state };
  const params = writeState(full, DATASET);
  expect(params).toEqual(expected);
  const back = readState(readAddress(params), DATASET);
  expect(back.problems).toEqual([]);
  expect(writeState(back.state, DATASET)).toEqual(expected);
  return back.state;
}

describe('round trips', () => {
  it('leave the defaults out', () => {
    expect(roundTrip({}, {})).toEqual(DEFAULTS);
  });

  it('keep dates, one or both', () => {
    roundTrip({ from: '2026-01-01', to: '2026-01-31' }, { from: '2026-01-01', to: '2026-01-31' });
    roundTrip({ from: '2026-01-01' }, { from: '2026-01-01' });
  });

  it('sort values and filters, and drop repetitions', () => {
    const state = roundTrip(
      {
        filters: [
          { field: 'audience', operator: 'none', values: ['kids'] },
          { field: 'audience', operator: 'any', values: ['sport', 'news', 'sport'] },
          { field: 'asset.title', operator: 'any', values: ['Dune'] },
        ],
      },
      { 'asset.title.any': 'Dune', 'audience.any': 'news,sport', 'audience.none': 'kids' },
    );
    expect(state.filters.map((filter) => filter.field)).toEqual(['asset.title', 'audience', 'audience']);
  });

  it.each([
    [['a,b', 'c'], 'a~,b,c'],
    [['~', 'a~b'], 'a~~b,~~'],
    [[null, 'x'], '~0,x'],
    [['', 'x'], '~e,x'],
    [['~0'], '~~0'],
    [['~,~'], '~~~,~~'],
    [['日本', 'ü ß'], 'ü ß,日本'],
    [['a\nb'], 'a\nb'],
  ])('keep odd values: %o', (values, text) => {
    const state = roundTrip({ filters: [{ field: 'country', operator: 'any', values }] }, { 'country.any': text });
    expect(new Set(state.filters[0]?.values)).toEqual(new Set(values));
  });

  it('keep the order of group keys and the order of the model for measures', () => {
    roundTrip(
      { groupBy: ['day', 'country'], measures: ['watch.p50', 'take_rate', 'viewers'] },
      { group: 'day,country', measures: 'viewers,watch.p50,take_rate' },
    );
    roundTrip({ groupBy: [] }, { group: '' });
  });

  it('keep sort and chart', () => {
    roundTrip({ sort: { by: 'viewers', direction: 'DESC' }, chart: 'take_rate' }, { sort: '-viewers', chart: 'take_rate' });
    roundTrip({ sort: { by: 'asset', direction: 'ASC' } }, { sort: 'asset' });
  });

  it('keep what is compared, conditions, columns, views and the trend', () => {
    roundTrip({ beside: 'previous', last: 7 }, { beside: 'previous', last: '7' });
    roundTrip({ beside: { from: '2026-01-01', to: '2026-01-07' } }, { beside: '2026-01-01..2026-01-07' });
    roundTrip(
      {
        conditions: [
          { measure: 'take_rate', min: null, max: 0.07 },
          { measure: 'viewers', min: -1.5, max: 1e21 },
        ],
      },
      { 'viewers.min': '-1.5', 'viewers.max': '1e+21', 'take_rate.max': '0.07' },
    );
    roundTrip({ shown: ['ranks', 'shares'], view: 'heat' }, { show: 'ranks,shares', view: 'heat' });
    roundTrip({ step: 'month', split: true }, { step: 'month', split: '1' });
    roundTrip({ window: 'all' }, { window: 'all' });
    roundTrip({ window: 28 }, { window: '28' });
    roundTrip({ by: 'asset', selected: ['a2', 'a,1', '~'] }, { by: 'asset', sel: 'a2,a~,1,~~' });
  });

  it('keep a window for daily steps only', () => {
    expect(writeState({ ...DEFAULTS, step: 'month', window: 7 }, DATASET)).toEqual({ step: 'month' });
    expect(readState(readAddress({ step: 'day' }), DATASET)).toEqual({ state: DEFAULTS, problems: [] });
  });

  it('drop a sort by a column that is gone', () => {
    expect(writeState({ ...DEFAULTS, sort: { by: 'country', direction: 'ASC' } }, DATASET)).toEqual({});
  });
});

describe('a malformed address', () => {
  it.each<[RawSearch, RegExp]>([
    [{ from: 'yesterday' }, /“yesterday” is not a day/],
    [{ to: '2026-02-30' }, /not a day for “to”/],
    [{ last: '0' }, /“0” is not a number of days/],
    [{ last: '7.5' }, /“7.5” is not a number of days/],
    [{ last: '99999' }, /not a number of days/],
    [{ from: '2026-02-01', to: '2026-01-01' }, /run backwards/],
    [{ 'planet.any': 'mars' }, /no field “planet”; there are asset, asset.title/],
    [{ 'country.all': 'US' }, /one value only/],
    [{ 'audience.all': '~0' }, /cannot be read/],
    [{ 'country.any': '' }, /cannot be read/],
    [{ 'country.any': 'a~' }, /cannot be read/],
    [{ 'country.any': 'a~xb' }, /cannot be read/],
    [{ 'country.any': ',,' }, /cannot be read/],
    [{ 'country.some': 'US' }, /not a part of this page/],
    [{ utm: '1' }, /not a part of this page/],
    [{ group: 'planet' }, /“planet” in “group” is not known; there are day, month/],
    [{ measures: 'clicks' }, /“clicks” in “measures”/],
    [{ sort: '-country' }, /no column “country”/],
    [{ sort: '' }, /no column/],
    [{ chart: 'clicks' }, /no measure “clicks”/],
    [{ 'viewers.min': 'many' }, /“many” is not a number/],
    [{ 'viewers.max': 'Infinity' }, /not a number/],
    [{ 'clicks.min': '1' }, /no measure “clicks” to set a condition on/],
    [{ beside: 'yesterday' }, /nothing to compare with/],
    [{ beside: '2026-01-02..2026-01-01' }, /nothing to compare with/],
    [{ show: 'medals' }, /“medals” in “show”/],
    [{ view: 'pie' }, /“pie” in “view”/],
    [{ step: 'decade' }, /no step “decade” of time; there are day, month, year/],
    [{ window: '1' }, /“1” is no window/],
    [{ window: '367' }, /is no window/],
    [{ by: 'planet' }, /no field “planet”/],
    [{ sel: 'a~' }, /members “a~” cannot be read/],
  ])('%o is reported and ignored', (params, problem) => {
    const { state, problems } = readState(readAddress(params), DATASET);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
    expect(state).toEqual(DEFAULTS);
  });

  it('keeps its good parts', () => {
    const { state, problems } = readState(readAddress({ from: 'x', 'country.any': 'US', group: 'country,planet', measures: 'viewers,clicks' }), DATASET);
    expect(problems).toHaveLength(3);
    expect(state.filters).toEqual([{ field: 'country', operator: 'any', values: ['US'] }]);
    expect(state.groupBy).toEqual(['country']);
    expect(state.measures).toEqual(['viewers']);
  });
});

describe('effectiveSort', () => {
  it('is time ascending, else the largest value of the charted measure on top', () => {
    expect(effectiveSort(DEFAULTS, DATASET)).toEqual({ by: 'viewers', direction: 'DESC' });
    expect(effectiveSort({ ...DEFAULTS, chart: 'take_rate' }, DATASET)).toEqual({ by: 'take_rate', direction: 'DESC' });
    expect(effectiveSort({ ...DEFAULTS, groupBy: ['country', 'month'] }, DATASET)).toEqual({ by: 'month', direction: 'ASC' });
    expect(effectiveSort({ ...DEFAULTS, groupBy: [] }, DATASET)).toBeNull();
  });

  it('becomes the charted measure', () => {
    const sorted = withSort({ ...DEFAULTS, chart: 'take_rate' }, { by: 'impressions', direction: 'ASC' }, DATASET);
    expect(drawnMeasure(sorted, DATASET)).toBe('impressions');
    const byKey = withSort({ ...DEFAULTS, chart: 'take_rate' }, { by: 'asset', direction: 'ASC' }, DATASET);
    expect(drawnMeasure(byKey, DATASET)).toBe('take_rate');
    expect(drawnMeasure(DEFAULTS, DATASET)).toBe('viewers');
  });

  it('follows the charted measure, unless the table is sorted by a key', () => {
    const byImpressions: ExploreState = { ...DEFAULTS, sort: { by: 'impressions', direction: 'ASC' } };
    expect(effectiveSort(withDrawn(byImpressions, 'take_rate', DATASET), DATASET)).toEqual({ by: 'take_rate', direction: 'DESC' });
    const byAsset: ExploreState = { ...DEFAULTS, sort: { by: 'asset', direction: 'ASC' } };
    expect(effectiveSort(withDrawn(byAsset, 'take_rate', DATASET), DATASET)).toEqual({ by: 'asset', direction: 'ASC' });
  });
});

describe('relative dates', () => {
  it('stay relative in the address, and end with the newest day of data', () => {
    const state = roundTrip({ last: 7 }, { last: '7' });
    expect(daysText(state)).toBe('Last 7 days');
    expect(daysOf(state, '2026-01-31')).toEqual({ from: '2026-01-25', to: '2026-01-31' });
    expect(daysOf(state, '2026-02-01')).toEqual({ from: '2026-01-26', to: '2026-02-01' });
    expect(daysOf(state, null)).toEqual({ from: null, to: null });
  });
});

describe('withFilter', () => {
  const any = { field: 'audience', operator: 'any', values: ['kids'] } as const;

  it('replaces the filter of the same field and operator', () => {
    const state = withFilter(withFilter(DEFAULTS, any), { ...any, values: ['news'] });
    expect(state.filters).toEqual([{ ...any, values: ['news'] }]);
  });

  it('moves a filter to another operator', () => {
    const state = withFilter(withFilter(DEFAULTS, any), { ...any, operator: 'none' }, any);
    expect(state.filters).toEqual([{ ...any, operator: 'none' }]);
  });

  it('removes a filter without values', () => {
    expect(withFilter(withFilter(DEFAULTS, any), { ...any, values: [] }).filters).toEqual([]);
  });
});

describe('replaceValue', () => {
  it('puts a known value in the place of an unknown one, in every filter of the field', () => {
    const params = { 'country.any': 'US,Untied', 'country.none': 'Untied', 'audience.any': 'Untied' };
    const { state } = readState(readAddress(params), DATASET);
    const replaced = writeState(replaceValue(state, 'country', 'Untied', 'UK'), DATASET);
    expect(replaced).toEqual({ 'country.any': 'UK,US', 'country.none': 'UK', 'audience.any': 'Untied' });
  });
});

describe('the days of a comparison', () => {
  it('are as many days just before, or chosen ones', () => {
    expect(besideOf({ ...DEFAULTS, last: 7, beside: 'previous' }, '2026-01-31')).toEqual({ from: '2026-01-18', to: '2026-01-24' });
    expect(besideOf({ ...DEFAULTS, from: '2026-01-10', beside: 'previous' }, '2026-01-11')).toEqual({ from: '2026-01-08', to: '2026-01-09' });
    expect(besideOf({ ...DEFAULTS, beside: { from: '2025-01-01', to: '2025-01-02' } }, null)).toEqual({ from: '2025-01-01', to: '2025-01-02' });
    expect(besideOf({ ...DEFAULTS, beside: 'previous' }, '2026-01-31')).toBeNull();
    expect(besideOf(DEFAULTS, '2026-01-31')).toBeNull();
  });
});

describe('a click', () => {
  const state = withFilter(DEFAULTS, { field: 'country', operator: 'any', values: ['US', 'DE'] });

  it('leaves one member', () => {
    expect(withOnly(state, 'country', ['US']).filters).toEqual([{ field: 'country', operator: 'any', values: ['US'] }]);
  });

  it('leaves members out, each after the other', () => {
    const without = withNot(withNot(state, 'country', ['FR']), 'country', ['IT']);
    expect(without.filters).toContainEqual({ field: 'country', operator: 'none', values: ['FR', 'IT'] });
    expect(without.filters).toContainEqual({ field: 'country', operator: 'any', values: ['US', 'DE'] });
  });

  it('sets and removes a condition', () => {
    const set = withCondition(DEFAULTS, { measure: 'viewers', min: 5, max: null });
    expect(set.conditions).toEqual([{ measure: 'viewers', min: 5, max: null }]);
    expect(withCondition(set, { measure: 'viewers', min: null, max: null }).conditions).toEqual([]);
  });
});
