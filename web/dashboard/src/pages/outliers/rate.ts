// The measure by which members are shown beside their peers: the one that the model compares them by, if it is one that can be
// asked for; otherwise the first rate.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import { FORMATS } from '../../format';

const plain = (text: string) => text.replaceAll(/\s/g, '');

export function rateOf({ measures, outliers }: Dataset): MeasureInfo | undefined {
  const same = measures.find(({ expr }) => expr != null && outliers !== null && plain(expr) === plain(outliers?.rate ?? ''));
  return same ?? measures.find(({ format }) => FORMATS[format].isPart);
}
