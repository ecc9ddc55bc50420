// Which columns an answer has: read from its own question, because an old answer stays on the screen while the page
// already asks something else.

import type { Answered, CubeRow } from '../../api/cube';
import type { Dataset, GroupKeyInfo, MeasureInfo } from '../../api/dataset';
import { formatDay, formatMonth, type Value } from '../../format';

export interface Columns {
  readonly keys: readonly GroupKeyInfo[];
  readonly measures: readonly MeasureInfo[];
}

export function columnsOf({ query }: Answered, dataset: Dataset): Columns {
  const keys = (query.groupBy ?? []).map((name) => dataset.groupKeys.find((key) => key.enumName === name));
  const measures = query.measures.map((name) => dataset.measures.find((measure) => measure.enumName === name));
  return { keys: keys.filter((key) => key !== undefined), measures: measures.filter((item) => item !== undefined) };
}

/** A key of a row as text; a day and a month as people write them. */
export function keyLabel(row: CubeRow, index: number, key: GroupKeyInfo): string {
  const cell = row.keys[index];
  if (!cell) return '';
  if (!key.time) return cell.label;
  return key.name === 'day' ? formatDay(cell.label) : formatMonth(cell.label);
}

/** What stays the same for a row from one snapshot to the next. */
export function rowIdentity(row: CubeRow): string {
  return JSON.stringify(row.keys.map((key) => key.value));
}

export const NO_VALUE: Value = { value: null, lower: null, upper: null, exact: false };
