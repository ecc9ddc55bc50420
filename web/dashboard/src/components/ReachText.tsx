// A number of people with its bounds, or that it cannot be told.

import { formatBounds, formatCount, PEOPLE, type Value } from '../format';
import { t } from '../language';

export interface ReachNumber extends Omit<Value, 'exactText'> {
  readonly cannotTell: boolean;
}

export function asValue({ value, lower, upper, exact }: ReachNumber): Value {
  return { value, lower, upper, exact, exactText: null, withheld: false };
}

export function ReachText({ reach, sign = '' }: { readonly reach: ReachNumber; readonly sign?: string }) {
  if (reach.value === null) return <>{t('reach.cannotTell')}</>;
  const bounds = formatBounds(asValue(reach), PEOPLE) ?? '';
  return (
    <span title={reach.cannotTell ? t('reach.unsure', { bounds }) : bounds}>
      {reach.cannotTell ? '≈ ' : ''}
      {sign}
      {formatCount(reach.value)}
      <span className="visually-hidden">, {formatBounds(asValue(reach), PEOPLE)}</span>
    </span>
  );
}
