// The measure by which members are shown beside their peers: the one that the model compares them by, if it is one that can be
// asked for; otherwise the first rate.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import { FORMATS } from '../../format';

/** Whether a measure is the one that the model compares members by. */
export function isCompared({ expr }: MeasureInfo, { outliers }: Dataset): boolean {
  return expr != null && outliers != null && plain(expr) === plain(outliers.rate);
}

const plain = (text: string) => text.replaceAll(/\s/g, '');

export function rateOf(dataset: Dataset): MeasureInfo | undefined {
  const { measures } = dataset;
  return measures.find((measure) => isCompared(measure, dataset)) ?? measures.find(({ format }) => FORMATS[format].isPart);
}
