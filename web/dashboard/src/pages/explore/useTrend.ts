// The queries of the trend: the measure over time, the same over the days that it is compared with, and for each of the
// first groups.

import { useMemo } from 'react';
import { type Answered, keysOf, type Loaded, shownOf, useCube } from '../../api/cube';
import type { Dataset, FieldInfo } from '../../api/dataset';
import { useSession } from '../../api/session';
import type { MemberValue } from './operators';
import { toOthersQuery, toSplitQuery, toTrendQuery } from './query';
import { besideOf, type ExploreState } from './state';

/** Together with the line of all others a picture has eight lines. */
const MOST_LINES = 7;

export interface Member {
  readonly value: MemberValue;
  readonly label: string;
}

export interface Trend {
  readonly whole: Loaded<Answered>;
  /** Null if nothing is compared. */
  readonly before: Loaded<Answered> | null;
  /** Null if it is a single line. */
  readonly split: Split | null;
  /** The key by which it can be split; null if rows are grouped by no field. */
  readonly splitBy: FieldInfo | null;
}

export interface Split {
  readonly members: readonly Member[];
  readonly rows: Loaded<Answered>;
  /** Null if there are no other members. */
  readonly others: Loaded<Answered> | null;
}

export function useTrend(
  dataset: Dataset,
  version: number,
  lastDay: string | null,
  dated: ExploreState,
  measure: string,
  table: Loaded<Answered>,
): Trend {
  const { leave } = useSession();
  const splitBy = dated.groupBy.map((name) => dataset.field.get(name)).find((field) => field !== undefined) ?? null;
  const shown = shownOf(table);
  const first = useMemo(() => firstMembers(shown, dataset, splitBy), [shown, dataset, splitBy]);
  const whole = useMemo(() => toTrendQuery(dated, dataset, measure), [dated, dataset, measure]);
  const days = besideOf(dated, lastDay);
  const [from, to] = [days?.from ?? null, days?.to ?? null];
  const before = useMemo(() => (whole === null || from === null ? null : { ...whole, from, to }), [whole, from, to]);
  const isSplit = dated.split && splitBy !== null && first !== null && first.members.length > 0;
  const [rows, others] = useMemo(() => {
    if (!isSplit || whole === null) return [null, null];
    const values = first.members.map(({ value }) => value);
    const rest = first.areAll ? null : toOthersQuery(whole, splitBy.name, values, dataset);
    return [toSplitQuery(whole, splitBy.name, values, dataset), rest];
  }, [isSplit, first, splitBy, whole, dataset]);

  const answers = {
    whole: useCube(version, whole, leave),
    before: useCube(version, before, leave),
    rows: useCube(version, rows, leave),
    others: useCube(version, others, leave),
  };
  return {
    whole: answers.whole,
    before: before === null ? null : answers.before,
    split: isSplit ? { members: first.members, rows: answers.rows, others: others === null ? null : answers.others } : null,
    splitBy,
  };
}

/** The first members of a field in the order of the table, as many as a picture has lines for. */
function firstMembers(
  answered: Answered | null,
  dataset: Dataset,
  field: FieldInfo | null,
): { readonly members: readonly Member[]; readonly areAll: boolean } | null {
  if (answered === null || field === null) return null;
  const position = keysOf(answered, dataset).findIndex((key) => key.name === field.name);
  if (position < 0) return null;
  const found = new Map<MemberValue, Member>();
  for (const { keys } of answered.answer.rows) {
    const key = keys[position];
    if (key && !found.has(key.value)) found.set(key.value, { value: key.value, label: key.label });
  }
  const isWhole = answered.answer.rows.length === answered.answer.groupCount;
  return { members: [...found.values()].slice(0, MOST_LINES), areAll: isWhole && found.size <= MOST_LINES };
}
