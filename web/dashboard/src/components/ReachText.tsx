// A number of people with its bounds, or that it cannot be told.

import { formatBounds, formatCount, PEOPLE, type Value } from '../format';

export interface ReachNumber extends Omit<Value, 'exactText'> {
  readonly cannotTell: boolean;
}

export function asValue({ value, lower, upper, exact }: ReachNumber): Value {
  return { value, lower, upper, exact, exactText: null, withheld: false };
}

export function ReachText({ reach, sign = '' }: { readonly reach: ReachNumber; readonly sign?: string }) {
  if (reach.value === null) return <>cannot be told</>;
  return (
    <span title={`${formatBounds(asValue(reach), PEOPLE) ?? ''}${reach.cannotTell ? ', too few compared with the others to be sure' : ''}`}>
      {reach.cannotTell ? '≈ ' : ''}
      {sign}
      {formatCount(reach.value)}
      <span className="visually-hidden">, {formatBounds(asValue(reach), PEOPLE)}</span>
    </span>
  );
}
