// A number with its bounds, as the table prints it.

import { formatBounds, formatValue, type NumberStyle, type Value } from '../format/number';
import './Bounded.css';

interface BoundedProps {
  readonly value: Value;
  readonly style: NumberStyle;
  /** Whether the column's head already says that its numbers are exact. */
  readonly isSaid?: boolean;
}

export function Bounded({ value, style, isSaid = false }: BoundedProps) {
  const bounds = value.exact && isSaid ? null : formatBounds(value, style);
  return (
    <>
      <span className={value.value === null ? 'number muted' : 'number'}>{formatValue(value, style)}</span>{' '}
      {bounds !== null && <span className="bounds">{bounds}</span>}
    </>
  );
}
