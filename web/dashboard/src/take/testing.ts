// An answer for tests of what is taken away.

import type { Answered } from '../api/cube';
import { toDataset } from '../api/dataset';
import type { CubeQuery } from '../api/generated';
import { DATASET_INFO } from '../testing/dataset';
import { answerTo, serving } from '../testing/gateway';
import type { Taken } from './about';

/** As the example model has them: `tests/questions/taken.rs` asks a lake of it the same. */
const EXPRESSIONS: Readonly<Record<string, string>> = { take_rate: 'players / viewers', abandonment: 'share_below(watch, 30)' };

const [, viewers, , rate] = DATASET_INFO.measures;
const more = [
  ...(viewers ? [{ ...viewers, name: 'players', enumName: 'PLAYERS', label: 'Players', conditionName: 'players' }] : []),
  ...(rate ? [{ ...rate, name: 'abandonment', enumName: 'ABANDONMENT', label: 'Abandonment', conditionName: 'abandonment' }] : []),
];
const measures = [...DATASET_INFO.measures, ...more].map((measure) => ({ ...measure, expr: EXPRESSIONS[measure.name] ?? null }));
const device = DATASET_INFO.fields.find(({ name }) => name === 'country');
const fields = [...DATASET_INFO.fields, ...(device ? [{ ...device, name: 'device', enumName: 'DEVICE', fieldName: 'device', label: 'Device', dimension: 'device' }] : [])];
const DATASET = toDataset({ ...DATASET_INFO, measures, fields });

export function taken(query: CubeQuery, part: Partial<Answered['answer']> = {}, version = 7): Taken & { readonly answered: Answered } {
  const { snapshot } = serving(version);
  if (!snapshot) throw new Error('there is a snapshot');
  const answer = { ...answerTo({ query, snapshot: version }, ['Sunrise']), ...part };
  return { title: 'Viewers by Asset', dataset: DATASET, snapshot, answered: { version, query, answer } };
}
