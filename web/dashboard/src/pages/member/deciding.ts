// Which numbers matter most on a page about a member.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import { FORMATS, KINDS } from '../../format';
import type { ExploreState } from '../explore/state';

/** The main measure: the chosen one, else the first rate, which does not depend on how often something was shown. */
export function decidingMeasure(state: ExploreState, dataset: Dataset): MeasureInfo | undefined {
  const chosen = state.chart === null ? undefined : dataset.measure.get(state.chart);
  const rate = dataset.measures.find((measure) => FORMATS[measure.format].isPart);
  return chosen ?? rate ?? dataset.measures[0];
}

/** The number of people, which says whether there is enough data to judge by. */
export function peopleMeasure(dataset: Dataset): MeasureInfo | undefined {
  return dataset.measures.find((measure) => KINDS[measure.kind].counts === 'people');
}

/** The measures to query, each once, with the main one first. */
export function asked(...measures: readonly (MeasureInfo | undefined)[]): MeasureInfo[] {
  return [...new Map(measures.filter((measure) => measure !== undefined).map((measure) => [measure.name, measure])).values()];
}

/** For fewer people chance alone moves a rate by far more than its bounds say, which cover counting error only. */
export const FEW_PEOPLE = 100;

/** Whether a rate rests on too few people to be judged; an unknown number of people counts as none. */
export function areFew(people: number | null | undefined): boolean {
  return (people ?? 0) < FEW_PEOPLE;
}
