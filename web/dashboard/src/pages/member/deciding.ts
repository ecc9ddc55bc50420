// Which numbers decide on a page about a member.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import { FORMATS, KINDS } from '../../format';
import type { ExploreState } from '../explore/state';

/** The measure that is large: the chosen one, else the first rate, which does not grow with how often it was shown. */
export function decidingMeasure(state: ExploreState, dataset: Dataset): MeasureInfo | undefined {
  const chosen = state.chart === null ? undefined : dataset.measure.get(state.chart);
  const rate = dataset.measures.find((measure) => FORMATS[measure.format].isPart);
  return chosen ?? rate ?? dataset.measures[0];
}

/** How many people: what says whether there is enough to judge by. */
export function peopleMeasure(dataset: Dataset): MeasureInfo | undefined {
  return dataset.measures.find((measure) => KINDS[measure.kind].counts === 'people');
}

/** Measures asked for, each once, the first of them the one that decides. */
export function asked(...measures: readonly (MeasureInfo | undefined)[]): MeasureInfo[] {
  return [...new Map(measures.filter((measure) => measure !== undefined).map((measure) => [measure.name, measure])).values()];
}

/** Of fewer people chance alone moves a rate by far more than its bounds, which are those of counting, say. */
export const FEW_PEOPLE = 100;

/** Whether a rate rests on too few people to be judged; a number of people that is not known is none. */
export function areFew(people: number | null | undefined): boolean {
  return (people ?? 0) < FEW_PEOPLE;
}
