// What is kept with a sent link: the questions of the panels, under names by which the same panels are found again.

import type { QueryClient } from '@tanstack/react-query';
import type { Answered } from '../api/cube';
import type { Dataset, GroupKeyInfo, MeasureInfo } from '../api/dataset';
import type { CubeQuery, LinkQuery, LinkQuestion } from '../api/generated';
import { formatList } from '../format';
import { t } from '../language';

export type SentLink = LinkQuery['link'];
export type SentAnswer = SentLink['answers'][number];

/** The most questions, and the longest names, that the gateway keeps. */
const MOST_ANSWERS = 8;
const LONGEST_NAME = 200;

/** The answers on the page by name; of bars and a table of the same groups, the one with more of them. */
export function shownAnswers(client: QueryClient, version: number): ReadonlyMap<string, Answered> {
  const found = new Map<string, Answered>();
  for (const { state } of client.getQueryCache().findAll({ queryKey: ['cube', version], type: 'active' })) {
    const answered = state.data as Answered | undefined;
    if (answered === undefined) continue;
    const name = nameOf(answered.query);
    const before = found.get(name);
    if (before === undefined || before.answer.rows.length < answered.answer.rows.length) found.set(name, answered);
  }
  return found;
}

/** The questions of a page; those that do not fit are left out. */
export function questionsOf(shown: ReadonlyMap<string, Answered>): LinkQuestion[] {
  const fitting = [...shown].filter(([name]) => name.length <= LONGEST_NAME).slice(0, MOST_ANSWERS);
  // Extras of rows are not shown again.
  return fitting.map(([name, { query: { extras: _extras, compare: _compare, ...query } }]) => ({ name, query }));
}

/**
 * Measures and keys by their names in the API, and a hash of which events count: `VIEWERS|ASSET|k3x9`. Days are left out, since
 * relative days move on while the panel stays the same.
 */
export function nameOf({ measures, groupBy, where, having, window }: CubeQuery): string {
  const counted = JSON.stringify([where ?? null, having ?? null, window ?? null]);
  return `${measures.join(',')}|${(groupBy ?? []).join(',')}|${mark(counted)}`;
}

/** The FNV-1a hash of a text. */
function mark(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(36);
}

export interface Heads {
  readonly keys: readonly Pick<GroupKeyInfo, 'label'>[];
  readonly measures: readonly (Pick<MeasureInfo, 'label'> & Partial<MeasureInfo>)[];
}

/** The keys and measures of a name; those that the model does not have keep their names. */
export function readName(name: string, dataset: Dataset): Heads {
  const [measures = [], keys = []] = name.split('|').map((part) => part.split(',').filter((one) => one !== ''));
  return {
    keys: keys.map((one) => dataset.groupKeys.find(({ enumName }) => enumName === one) ?? { label: one }),
    measures: measures.map((one) => dataset.measures.find(({ enumName }) => enumName === one) ?? { label: one }),
  };
}

/** "Viewers, Take rate by Asset" */
export function titleOf({ keys, measures }: Heads): string {
  const what = measures.map(({ label }) => label).join(', ');
  return keys.length === 0 ? what : t('words.by', { what, keys: formatList(keys.map(({ label }) => label)) });
}
