// A value with its bounds on a scale that all marks of a list share: a dot on a whisker, and a dashed line for the
// reference value.

import type { Value } from '../../format';
import './Interval.css';

export interface IntervalScale {
  readonly from: number;
  readonly to: number;
}

interface IntervalProps {
  readonly value: Value | null;
  readonly scale: IntervalScale;
  readonly reference?: number | null | undefined;
  /** Drawn hollow: its bounds do not tell on which side of the reference it lies. */
  readonly open?: boolean;
}

/** A scale on which a list of marks and their reference fit. */
export function intervalScale(values: readonly (Value | null | undefined)[], reference: number | null = null): IntervalScale | null {
  const ends = values.flatMap((value) => (value == null ? [] : [value.value, value.lower, value.upper]));
  const known = [...ends, reference].filter((end) => end != null).filter(Number.isFinite);
  if (known.length === 0) return null;
  const from = Math.min(...known);
  const to = Math.max(...known);
  const margin = (to - from || Math.abs(to) || 1) * 0.06;
  return { from: from - margin, to: to + margin };
}

export function Interval({ value, scale, reference = null, open = false }: IntervalProps) {
  const at = (number: number) => `${(((number - scale.from) / (scale.to - scale.from || 1)) * 100).toFixed(2)}%`;
  const { lower, upper } = value ?? {};
  return (
    <svg className="interval" aria-hidden="true">
      <line className="interval-base" x1="0" x2="100%" y1="8" y2="8" />
      {reference !== null && <line className="interval-reference" x1={at(reference)} x2={at(reference)} y1="0" y2="16" />}
      {value?.value != null && (
        <>
          {lower != null && upper != null && lower < upper && (
            <>
              <line className="interval-whisker" x1={at(lower)} x2={at(upper)} y1="8" y2="8" />
              <line className="interval-whisker" x1={at(lower)} x2={at(lower)} y1="5" y2="11" />
              <line className="interval-whisker" x1={at(upper)} x2={at(upper)} y1="5" y2="11" />
            </>
          )}
          <circle className={open ? 'interval-dot interval-open' : 'interval-dot'} cx={at(value.value)} cy="8" r="4" />
        </>
      )}
    </svg>
  );
}
