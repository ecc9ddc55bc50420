import { describe, expect, it } from 'vitest';
import type { Answered } from '../../api/cube';
import type { CubeQuery } from '../../api/generated';
import { DATASET } from '../../testing/dataset';
import { answerTo } from '../../testing/gateway';
import { columnsOf, incomplete, keyLabel, rowIdentity, rowLabel } from './columns';

const ANY: CubeQuery = { groupBy: ['COUNTRY'], measures: ['VIEWERS', 'TAKE_RATE'] };
const EXACT = { value: 5, lower: 5, upper: 5, exact: true, exactText: null, withheld: false };

function answered(query: CubeQuery, part: Partial<Answered['answer']> = {}): Answered {
  return { version: 1, query, answer: { ...answerTo({ query, snapshot: 1 }, ['US']), ...part } };
}

const row = (...labels: string[]) => ({ keys: labels.map((label) => ({ value: label, label, media: null })), values: [] });
const keys = (...names: string[]) => names.flatMap((name) => DATASET.groupKey.get(name) ?? []);
const namesOf = (query: CubeQuery, part: Partial<Answered['answer']> = {}) => columnsOf(answered(query, part), DATASET).map(({ name }) => name);

describe('the columns of the table', () => {
  it.each([
    ['keys and measures', ANY, ['country', 'viewers', 'take_rate']],
    ['ranks after the keys', { ...ANY, extras: ['RANKS'] }, ['country', '+ranks', 'viewers', 'take_rate']],
    ['shares of measures that have some', { ...ANY, extras: ['SHARES'] }, ['country', 'viewers', 'viewers+share', 'take_rate']],
    ['changes of every measure', { ...ANY, compare: { previousPeriod: true } }, ['country', 'viewers', 'viewers+change', 'take_rate', 'take_rate+change']],
    ['no verdicts where no row has one', { ...ANY, extras: ['VERDICTS'] }, ['country', 'viewers', 'take_rate']],
  ] as const)('are %s', (_, query, expected) => {
    expect(namesOf(query as unknown as CubeQuery)).toEqual(expected);
  });

  it('say once in the head that all numbers are exact', () => {
    const notes = (exact: boolean) => columnsOf(answered(ANY, { total: { keys: [], values: [{ ...EXACT, exact }, { ...EXACT, exact: false }] } }), DATASET).map(({ note }) => note);
    expect(notes(true)).toEqual([null, 'exact', null]);
    expect(notes(false)).toEqual([null, null, null]);
  });

  it('sort by keys and measures, and by nothing else', () => {
    const columns = columnsOf(answered({ ...ANY, extras: ['SHARES', 'RANKS'] }), DATASET);
    expect(columns.map(({ sort }) => sort)).toEqual(['country', null, 'viewers', null, 'take_rate']);
  });
});

describe('a row', () => {
  it.each([
    [['asset.title', 'asset'], ['Dune', 'Dune · trailer'], 'Dune · trailer'],
    [['asset', 'country'], ['Dune · trailer', 'US'], 'Dune · trailer · US'],
    [['day', 'country'], ['2026-01-31', 'US'], '31 Jan 2026 · US'],
  ])('has one label of its keys %j', (names, labels, expected) => {
    expect(rowLabel(row(...labels), keys(...names))).toBe(expected);
  });

  it('has no label where it has no key', () => {
    const [day] = keys('day');
    if (!day) throw new Error('the dataset of the tests has days');
    expect(keyLabel(row(), 0, day)).toBe('');
  });

  it('says how many days of its step there are, if not all', () => {
    const [month, day, country] = keys('month', 'day', 'country');
    if (!month || !day || !country) throw new Error('the dataset of the tests has them');
    const { coverage } = answered(ANY).answer;
    const data = answered(ANY, { coverage: { ...coverage, from: '2026-01-01', to: '2026-02-28', missingRanges: [{ from: '2026-01-04', to: '2026-01-10' }] } });
    expect(incomplete(row('2026-01'), 0, month, data)).toBe('24 of 31 days');
    expect(incomplete(row('2026-02'), 0, month, data)).toBeUndefined();
    // A missing day has no row; a single day needs no count.
    expect(incomplete(row('2026-01-05'), 0, day, data)).toBeUndefined();
    expect(incomplete(row('US'), 0, country, data)).toBeUndefined();
  });

  it('is the same row whatever its labels are', () => {
    expect(rowIdentity(row('a', 'b'))).toBe(rowIdentity({ ...row('a', 'b'), keys: row('a', 'b').keys.map((key) => ({ ...key, label: 'other' })) }));
    expect(rowIdentity(row('a,b'))).not.toBe(rowIdentity(row('a', 'b')));
  });
});
