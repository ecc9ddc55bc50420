// How a number differs from that of other days or of another member: a mark, the change, and its bounds below.

import { CHANGE_MARKS, changeWords, type Compared, formatChange, type NumberStyle } from '../format';
import './ChangeText.css';

interface ChangeTextProps {
  readonly compared: Compared | null | undefined;
  readonly style: NumberStyle;
}

export function ChangeText({ compared, style }: ChangeTextProps) {
  const { direction, text, bounds } = formatChange(compared, style);
  return (
    <span className={`change change-${direction}`} title={changeWords(direction)}>
      <span className="change-text">
        <span aria-hidden="true">{CHANGE_MARKS[direction]}</span> {text}
        <span className="visually-hidden">, {changeWords(direction)}</span>
      </span>{' '}
      {bounds !== null && <span className="change-bounds">{bounds}</span>}
    </span>
  );
}
