// A number with its bounds, as the table prints it.

import { formatBounds, formatValue, type NumberStyle, type Value } from '../format/number';

export function Bounded({ value, style }: { readonly value: Value; readonly style: NumberStyle }) {
  const bounds = formatBounds(value, style);
  return (
    <>
      <span className={value.value === null ? 'number muted' : 'number'}>{formatValue(value.value, style)}</span>{' '}
      {bounds !== null && <span className="bounds">{bounds}</span>}
    </>
  );
}
