// A condition on a measure in words, in the unit in which the measure is shown.

import type { MeasureInfo } from '../../api/dataset';
import { formatValue } from '../../format';
import { t } from '../../language';
import type { Condition } from './state';

export function conditionText(measure: MeasureInfo, { min, max }: Pick<Condition, 'min' | 'max'>): string {
  const print = (value: number) => formatValue({ value, lower: null, upper: null, exact: true, exactText: null, withheld: false }, measure);
  if (min !== null && max !== null) return t('condition.between', { min: print(min), max: print(max) });
  if (min !== null) return t('condition.min', { min: print(min) });
  return max === null ? t('condition.any') : t('condition.max', { max: print(max) });
}

/** A typed bound; null if nothing is typed, undefined if it is no number. */
export function readBound(text: string, factor: number): number | null | undefined {
  const plain = text.trim().replaceAll(/[,\s]/g, '');
  if (plain === '') return null;
  const number = Number(plain);
  // Dividing leaves 0.07 of 7 %, and not 0.07000000000000001.
  return Number.isFinite(number) ? Number((number / factor).toPrecision(15)) : undefined;
}
