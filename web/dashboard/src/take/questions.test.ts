import { buildSchema, isInputObjectType, parse, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Comparison, CubeQuery } from '../api/generated';
import cases from './questions.cases.json' with { type: 'json' };
import { asCommand, asGraphql, asSql, NotInSql } from './questions';
import { taken } from './testing';

const QUERY: CubeQuery = {
  from: '2026-01-01',
  to: null,
  where: { and: [{ or: [{ country: { anyOf: ["O'Neil", 'say "hi"'] } }, { country: { isNull: true } }] }, { audience: { noneOf: ['kids'] } }] },
  groupBy: ['COUNTRY'],
  measures: ['VIEWERS', 'TAKE_RATE'],
  having: { viewers: { atLeast: 100 } },
  orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }],
  extras: ['SHARES'],
  compare: { previousPeriod: true },
  limit: 200,
  offset: 0,
};

const command = (query: CubeQuery) => {
  const { answered, dataset } = taken(query);
  return asCommand(answered, dataset);
};
const sql = (query: CubeQuery) => {
  const { answered, dataset } = taken(query);
  return asSql(answered, dataset);
};

describe('the question behind a panel', () => {
  it('is GraphQL that the gateway of the example model takes', () => {
    const text = asGraphql(taken(QUERY).answered);
    expect(text).toContain('cube(snapshot: 7, query: {');
    expect(text).toContain(String.raw`anyOf: ["O'Neil", "say \"hi\""]`);
    expect(text).toContain('orderBy: [{ measure: VIEWERS, direction: DESC }]');
    const schema = buildSchema(readFileSync('../schema.graphql', 'utf8'));
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it('quotes a value that has the name of an enum', () => {
    const member = { compare: { member: { field: 'COUNTRY', value: 'DE' } }, where: { country: { anyOf: ['DE'] } } };
    const text = asGraphql(taken({ measures: ['VIEWERS'], ...member }).answered);
    expect(text).toContain('compare: { member: { field: COUNTRY, value: "DE" } }');
    expect(text).toContain('where: { country: { anyOf: ["DE"] } }');
  });

  it('is a command, quoted for a shell', () => {
    expect(command(QUERY)).toBe(String.raw`clio query --lake lake \
    --group-by country \
    --measures viewers,take_rate \
    --from 2026-01-01 \
    --where '(country anyOf ("O'\''Neil", "say ""hi""") or country isNull) and audience noneOf ("kids")' \
    --having 'viewers >= 100' \
    --order-by viewers:desc \
    --with shares \
    --compare previous \
    --limit 200 \
    --snapshot 7`);
    expect(command({ measures: ['VIEWERS'], window: { trailingDays: 7 } })).toContain('--window 7');
  });

  const SIDES: readonly (readonly [Comparison, string])[] = [
    [{ previousPeriod: true }, 'previous'],
    [{ days: { from: '2026-01-01', to: '2026-01-02' } }, '2026-01-01..2026-01-02'],
    [{ member: { field: 'COUNTRY', value: 'New "Land' } }, `'country="New ""Land"'`],
    [{ member: { field: 'COUNTRY', isNull: true } }, "'country isNull'"],
    [{ rest: true }, 'rest'],
    [{ whole: true, rest: false, days: null }, 'whole'],
    [{ snapshot: 412 }, 'snapshot=412'],
  ];

  it.each(SIDES)('is a command that compares with %j', (compare, expected) => {
    expect(command({ measures: ['VIEWERS'], compare })).toContain(`--compare ${expected} \\\n`);
  });

  it('knows everything that the gateway compares with', () => {
    const offered = buildSchema(readFileSync('../schema.graphql', 'utf8')).getType('Comparison');
    if (!isInputObjectType(offered)) throw new Error('the gateway compares');
    const tested = SIDES.flatMap(([compare]) => Object.entries(compare).filter(([, side]) => side)).map(([side]) => side);
    expect(new Set(tested)).toEqual(new Set(Object.keys(offered.getFields())));
    expect(() => command({ measures: ['VIEWERS'], compare: {} })).toThrow('names no other side');
  });

  it('is SQL over the cells of days', () => {
    const { having: _, compare: __, extras: ___, ...plain } = QUERY;
    expect(sql({ ...plain, measures: ['IMPRESSIONS', 'VIEWERS', 'WATCH_P50', 'TAKE_RATE'], groupBy: ['MONTH', 'COUNTRY'] })).toBe(`SELECT substr(period, 1, 7) AS month,
       country,
       sum(impressions) AS impressions,
       hll_sketch_estimate(hll_union_agg(viewers)) AS viewers,
       quantile_estimate(quantile_union_agg(watch), 50) AS "watch.p50",
       CAST(hll_sketch_estimate(hll_union_agg(players)) AS DOUBLE) / nullif(CAST(hll_sketch_estimate(hll_union_agg(viewers)) AS DOUBLE), 0) AS take_rate
FROM cells
WHERE grain = 'day'
  AND period BETWEEN '2026-01-01' AND '2026-01-03'
  AND (((coalesce(country IN ('O''Neil', 'say "hi"'), false)) OR (country IS NULL)) AND NOT (coalesce(array_has(audience, 'kids'), false)))
GROUP BY substr(period, 1, 7), country
ORDER BY viewers DESC
LIMIT 200`);
  });

  // tests/questions/taken.rs runs these texts, and holds what they give against each other.
  it.each(cases)('is a command and SQL: $name', ({ query, command: expected, sql: expectedSql }) => {
    const { answered, dataset } = taken(query as CubeQuery, {}, 0);
    expect(asCommand(answered, dataset)).toBe(expected);
    expect(asSql(answered, dataset)).toBe(expectedSql);
  });

  it.each([
    ['attributes', { groupBy: ['ASSET_TITLE'] }],
    ['filters of attributes', { where: { assetTitle: { anyOf: ['Dune'] } } }],
    ['overlapping groups', { groupBy: ['AUDIENCE'] }],
    ['comparisons', { compare: { previousPeriod: true } }],
    ['windows', { window: { cumulative: true } }],
    ['conditions', { having: { viewers: { atMost: 1 } } }],
  ])('has no SQL of %s, and says why', (_, part) => {
    expect(() => sql({ measures: ['VIEWERS'], ...part })).toThrow(NotInSql);
  });
});
