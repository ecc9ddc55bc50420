// The question behind a panel, for use elsewhere: GraphQL for the gateway, `clio query` for a terminal, and SQL over the
// cells where SQL can express it.

import type { Answered } from '../api/cube';
import type { Dataset, MeasureInfo } from '../api/dataset';
import type { Comparison, CubeQuery, MeasureKind } from '../api/generated';
import { t } from '../language';
import { type Clause, type Operator, readClause } from './clause';

/** The parts of a question whose values are names of enums, which GraphQL writes without quotes. */
const ENUMS: ReadonlySet<string> = new Set(['groupBy', 'measures', 'extras', 'measure', 'key', 'direction', 'field']);

export function asGraphql({ query, version }: Answered): string {
  const inner = Object.entries(query)
    .filter(([, part]) => !isEmpty(part))
    .map(([name, part]) => `    ${name}: ${literal(part, ENUMS.has(name), name !== 'where' && name !== 'having')}`);
  return `{
  cube(snapshot: ${version}, query: {
${inner.join('\n')}
  }) {
    rows { keys { value label } values { value lower upper exact } }
    total { values { value lower upper exact } }
    groupCount
    coverage { from to missingRanges { from to } }
  }
}`;
}

function isEmpty(part: unknown): boolean {
  return part === null || part === undefined || part === 0 || (Array.isArray(part) && part.length === 0);
}

/** In filters all values are texts; elsewhere some are names of enums. */
function literal(part: unknown, isEnum: boolean, hasEnums: boolean): string {
  if (Array.isArray(part)) return `[${part.map((one) => literal(one, isEnum, hasEnums)).join(', ')}]`;
  if (typeof part === 'object' && part !== null) {
    const inner = Object.entries(part).filter(([, one]) => one !== undefined);
    return `{ ${inner.map(([name, one]) => `${name}: ${literal(one, hasEnums && ENUMS.has(name), hasEnums)}`).join(', ')} }`;
  }
  return isEnum && typeof part === 'string' ? part : JSON.stringify(part);
}

/** For a lake in the folder `lake`; `--lake` or `--serving` names another one. */
export function asCommand({ query, version }: Answered, dataset: Dataset): string {
  const key = (name: string) => dataset.groupKeys.find(({ enumName }) => enumName === name)?.name ?? name;
  const measure = (name: string) => dataset.measures.find(({ enumName }) => enumName === name)?.name ?? name;
  const flags: [string, string][] = [];
  const { groupBy = [], measures, where, having, from, to, orderBy = [], extras = [], compare, window, limit } = query;
  if (groupBy.length > 0) flags.push(['group-by', groupBy.map(key).join(',')]);
  flags.push(['measures', measures.map(measure).join(',')]);
  if (from) flags.push(['from', from]);
  if (to) flags.push(['to', to]);
  const clause = readClause(where ?? null, dataset);
  if (clause !== null) flags.push(['where', inCommand(clause)]);
  if (having) flags.push(['having', conditionsOf(having, dataset).join(' and ')]);
  if (orderBy.length > 0) {
    flags.push(['order-by', orderBy.map((one) => `${one.measure ? measure(one.measure) : key(one.key ?? '')}:${(one.direction ?? 'DESC').toLowerCase()}`).join(',')]);
  }
  if (extras.length > 0) flags.push(['with', extras.map((extra) => extra.toLowerCase()).join(',')]);
  if (compare) flags.push(['compare', comparedWith(compare, key)]);
  if (window) flags.push(['window', window.cumulative ? 'cumulative' : String(window.trailingDays)]);
  if (limit) flags.push(['limit', String(limit)]);
  flags.push(['snapshot', String(version)]);
  return ['clio query --lake lake', ...flags.map(([name, value]) => `--${name} ${forShell(value)}`)].join(' \\\n    ');
}

type SideName = keyof Comparison;
type Sides = { readonly [Name in SideName]: (side: NonNullable<Comparison[Name]>, key: (name: string) => string) => string };

/** Everything that rows can be compared with, as `--compare` takes it. */
const SIDES: Sides = {
  previousPeriod: () => 'previous',
  days: ({ from, to }) => `${from}..${to}`,
  member: ({ field, value }, key) => (value == null ? `${key(field)} isNull` : `${key(field)}=${quoted(value)}`),
  rest: () => 'rest',
  whole: () => 'whole',
  snapshot: (version) => `snapshot=${version}`,
};

function comparedWith(compare: Comparison, key: (name: string) => string): string {
  const write = <Name extends SideName>(name: Name): string | null => {
    const side: Comparison[Name] = compare[name];
    return side == null || side === false ? null : SIDES[name](side, key);
  };
  const written = (Object.keys(SIDES) as SideName[]).map(write).find((text) => text !== null);
  if (written === undefined) throw new Error('a comparison names no other side');
  return written;
}

function conditionsOf(having: NonNullable<CubeQuery['having']>, dataset: Dataset): string[] {
  const signs: Readonly<Record<string, string>> = { atLeast: '>=', atMost: '<=' };
  return Object.entries(having).flatMap(([name, tests]) => {
    const measure = dataset.measures.find(({ conditionName }) => conditionName === name)?.name ?? name;
    return Object.entries(tests as Record<string, number>).map(([test, value]) => `${measure} ${signs[test] ?? test} ${value}`);
  });
}

function inCommand(clause: Clause): string {
  switch (clause.kind) {
    case 'all':
    case 'some':
      return clause.parts.map((part) => (part.kind === 'all' || part.kind === 'some' ? `(${inCommand(part)})` : inCommand(part))).join(clause.kind === 'all' ? ' and ' : ' or ');
    case 'not':
      return `not (${inCommand(clause.part)})`;
    case 'missing':
      return `${clause.is ? '' : 'not '}${clause.field.name} isNull`;
    case 'values':
      return `${clause.field.name} ${clause.operator} (${clause.values.map(quoted).join(', ')})`;
  }
}

function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

function forShell(value: string): string {
  return /^[\w.,:=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Why there is no SQL for a question. */
export class NotInSql extends Error {}

/**
 * Over the daily cells of the lake that `clio sql --lake` reads. Distinct counts are rounded to whole numbers there, and
 * there are no bounds.
 *
 * Throws NotInSql if the cells do not hold the answer.
 */
export function asSql({ query, answer }: Answered, dataset: Dataset): string {
  if (query.compare) throw new NotInSql(t('take.sql.compared'));
  if (query.window) throw new NotInSql(t('take.sql.windows'));
  if (query.having) throw new NotInSql(t('take.sql.conditions'));
  const keys = (query.groupBy ?? []).map((name) => {
    const key = dataset.groupKeys.find(({ enumName }) => enumName === name);
    if (key === undefined) throw new NotInSql(t('take.sql.noKey', { name }));
    if (key.field !== null) return { key: name, name: identifier(key.name), sql: identifier(columnOf(key.field.attribute, key.field.multi, key.name)) };
    const digits = DIGITS_OF_STEP.get(key.enumName);
    if (digits === undefined) throw new NotInSql(t('take.sql.periods'));
    return { key: name, name: identifier(key.name), sql: `substr(period, 1, ${digits})` };
  });
  const measures = query.measures.map((name) => {
    const measure = dataset.measures.find(({ enumName }) => enumName === name);
    if (measure === undefined) throw new NotInSql(t('take.sql.noMeasure', { name }));
    return { key: name, name: identifier(measure.name), sql: aggregateOf(measure, dataset) };
  });
  const from = query.from ?? answer.coverage.from;
  const to = query.to ?? answer.coverage.to;
  const tests = ["grain = 'day'", ...(from !== null && to !== null ? [`period BETWEEN '${from}' AND '${to}'`] : [])];
  const clause = readClause(query.where ?? null, dataset);
  if (clause !== null) tests.push(inSql(clause));
  const columns = [...keys, ...measures];
  const order = (query.orderBy ?? []).flatMap((one) => {
    const column = columns.find(({ key }) => key === (one.measure ?? one.key));
    return column === undefined ? [] : [`${column.name} ${one.direction ?? 'DESC'}`];
  });
  return [
    `SELECT ${columns.map(({ name, sql }) => (name === sql ? name : `${sql} AS ${name}`)).join(',\n       ')}`,
    'FROM cells',
    `WHERE ${tests.join('\n  AND ')}`,
    ...(keys.length > 0 ? [`GROUP BY ${keys.map(({ sql }) => sql).join(', ')}`] : []),
    ...(order.length > 0 ? [`ORDER BY ${order.join(', ')}`] : []),
    ...(query.limit ? [`LIMIT ${query.limit}`] : []),
  ].join('\n');
}

/** How many characters of a day name its step. */
const DIGITS_OF_STEP: ReadonlyMap<string, number> = new Map([
  ['DAY', 10],
  ['MONTH', 7],
  ['YEAR', 4],
]);

function columnOf(attribute: string | null, multi: boolean, name: string): string {
  if (attribute !== null) throw new NotInSql(t('take.sql.attributes'));
  if (multi) throw new NotInSql(t('take.sql.overlap'));
  return name;
}

type Aggregate = (measure: MeasureInfo, dataset: Dataset) => string;

const added: Aggregate = ({ name }) => `sum(${identifier(name)})`;

const AGGREGATES: Readonly<Record<MeasureKind, Aggregate>> = {
  COUNT: added,
  SUM: added,
  DISTINCT: ({ name }) => `hll_sketch_estimate(hll_union_agg(${identifier(name)}))`,
  QUANTILE: ({ name }) => {
    const [, of = '', percent = ''] = /^(.*)\.p([\d.]+)$/.exec(name) ?? [];
    return `quantile_estimate(quantile_union_agg(${identifier(of)}), ${percent})`;
  },
  DERIVED: ({ expr }, dataset) => derived(expr ?? '', dataset),
};

function aggregateOf(measure: MeasureInfo, dataset: Dataset): string {
  return AGGREGATES[measure.kind](measure, dataset);
}

/** An expression with each measure replaced by its aggregate, as a floating-point number. */
function derived(expr: string, dataset: Dataset): string {
  return expr.replaceAll(/share_(below|above)\((\w+), *([\d.eE+-]+)\)|(\/\s*)?([A-Za-z_]\w*(?:\.p[\d.]+)?)/g, (_, side, of, bound, divided, name) => {
    if (side !== undefined) {
      const spread = `quantile_union_agg(${identifier(of)})`;
      const below = `quantile_share_below(${spread}, ${bound})['value']`;
      // Without any values the share is undefined, where SQL would give 0.
      return `CASE WHEN quantile_estimate(${spread}, 50) IS NOT NULL THEN ${side === 'below' ? below : `1 - ${below}`} END`;
    }
    const measure = dataset.measure.get(name);
    if (measure === undefined) throw new NotInSql(t('take.sql.expression', { expr }));
    const number = `CAST(${aggregateOf(measure, dataset)} AS DOUBLE)`;
    return divided === undefined ? number : `/ nullif(${number}, 0)`;
  });
}

function inSql(clause: Clause): string {
  switch (clause.kind) {
    case 'all':
    case 'some':
      return `(${clause.parts.map(inSql).join(clause.kind === 'all' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `NOT ${inSql(clause.part)}`;
    case 'missing': {
      const name = identifier(columnOf(clause.field.attribute, clause.field.multi, clause.field.name));
      return `(${name} IS ${clause.is ? '' : 'NOT '}NULL)`;
    }
    case 'values': {
      const { field, operator, values } = clause;
      const texts = values.map((value) => `'${value.replaceAll("'", "''")}'`);
      if (field.attribute !== null) throw new NotInSql(t('take.sql.attributes'));
      const name = identifier(field.name);
      const has = texts.map((text) => `coalesce(array_has(${name}, ${text}), false)`);
      if (field.multi) return OF_MANY[operator](has);
      return OF_ONE[operator](`coalesce(${name} IN (${texts.join(', ')}), false)`);
    }
  }
}

/** The test of a multi-valued field, given the tests for each value. */
const OF_MANY: Readonly<Record<Operator, (has: readonly string[]) => string>> = {
  anyOf: (has) => `(${has.join(' OR ')})`,
  allOf: (has) => `(${has.join(' AND ')})`,
  noneOf: (has) => `NOT (${has.join(' OR ')})`,
};

/** The test of a single-valued field, given the test for being among the values. */
const OF_ONE: Readonly<Record<Operator, (isIn: string) => string>> = {
  anyOf: (isIn) => `(${isIn})`,
  // Offered for multi-valued fields only.
  allOf: (isIn) => `(${isIn})`,
  noneOf: (isIn) => `(NOT ${isIn})`,
};

function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
