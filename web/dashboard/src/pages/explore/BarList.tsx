// Groups as bars with whiskers: each with its picture, its name and its number, and each can be clicked.

import { useMemo } from 'react';
import type { CubeRow } from '../../api/cube';
import type { GroupKeyInfo } from '../../api/dataset';
import { StackedLabel } from '../../components/Label';
import { Thumbnail } from '../../components/Thumbnail';
import { columnStyle, formatBounds, formatSpoken, formatValue, notDefined, type NumberStyle, type Value } from '../../format';
import { KeyAction } from './actions';
import './BarList.css';

export interface Bar {
  readonly key: string;
  readonly label: string;
  /** The member that a click opens or filters by. */
  readonly info: GroupKeyInfo;
  readonly cell: CubeRow['keys'][number];
  /** Undefined where members have no pictures at all. */
  readonly media?: string | null;
  readonly value: Value | null;
  /** Why the value needs care. */
  readonly note?: string | undefined;
}

interface BarListProps {
  readonly label: string;
  readonly bars: readonly Bar[];
  readonly style: NumberStyle;
  /** The total, drawn as a dashed line, where groups have no shares of it. */
  readonly reference: number | null;
}

export function BarList({ label, bars, style, reference }: BarListProps) {
  const column = useMemo(() => columnStyle(style, bars.map((bar) => bar.value)), [style, bars]);
  const ends = bars.flatMap(({ value }) => [value?.value ?? 0, value?.upper ?? 0, value?.lower ?? 0]);
  const from = Math.min(0, ...ends);
  const to = Math.max(0, ...ends, reference ?? 0) || 1;
  return (
    <ol className="bars" aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.key}>
          <KeyAction info={bar.info} cell={bar.cell} className="bar-row">
            {bar.media !== undefined && <Thumbnail src={bar.media} />}
            <span className="bar-label" title={bar.label}>
              <StackedLabel text={bar.label} />
              {bar.note !== undefined && <span className="bar-note">{bar.note}</span>}
            </span>
            <Mark bar={bar} from={from} to={to} reference={reference} />
            <span className="bar-value" title={bar.value ? formatSpoken(bar.value, style) : undefined}>
              {bar.value ? formatValue(bar.value, column) : notDefined()}
              <span className="visually-hidden">
                {' '}
                {bar.value ? formatBounds(bar.value, style) : ''}
              </span>
            </span>
          </KeyAction>
        </li>
      ))}
    </ol>
  );
}

interface MarkProps {
  readonly bar: Bar;
  readonly from: number;
  readonly to: number;
  readonly reference: number | null;
}

function Mark({ bar: { value, note }, from, to, reference }: MarkProps) {
  const part = (number: number) => ((number - from) / (to - from)) * 100;
  const at = (number: number) => `${part(number).toFixed(2)}%`;
  const end = value?.value ?? null;
  const { lower, upper } = value ?? {};
  return (
    <svg className="bar-mark" aria-hidden="true">
      {end !== null && (
        <rect
          className={note === undefined ? 'bar-body' : 'bar-body bar-open'}
          x={at(Math.min(0, end))}
          width={`${Math.abs(part(end) - part(0)).toFixed(2)}%`}
          y="3"
          height="14"
          rx="2"
        />
      )}
      {lower != null && upper != null && lower < upper && (
        <>
          <line className="bar-whisker" x1={at(lower)} x2={at(upper)} y1="10" y2="10" />
          <line className="bar-whisker" x1={at(lower)} x2={at(lower)} y1="6" y2="14" />
          <line className="bar-whisker" x1={at(upper)} x2={at(upper)} y1="6" y2="14" />
        </>
      )}
      {reference !== null && <line className="bar-reference" x1={at(reference)} x2={at(reference)} y1="0" y2="20" />}
    </svg>
  );
}
