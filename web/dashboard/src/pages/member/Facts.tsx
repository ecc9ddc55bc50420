// The numbers of a member: the main one large, and the others small below it.

import { type CubeRow, NO_CELL } from '../../api/cube';
import type { MeasureInfo } from '../../api/dataset';
import { Interval, type IntervalScale } from '../../components/chart/Interval';
import { ChangeText } from '../../components/ChangeText';
import { formatBounds, formatShort, formatSpoken, formatValue } from '../../format';
import './Facts.css';

interface FactsProps {
  /** In the order of the row's values. */
  readonly measures: readonly MeasureInfo[];
  readonly lead: string;
  readonly row: CubeRow;
  /** Whether rows are compared with other days. */
  readonly compared: boolean;
  readonly scale?: IntervalScale | null;
  readonly reference?: number | null;
}

export function Facts({ measures, lead, row, compared, scale = null, reference = null }: FactsProps) {
  const at = Math.max(0, measures.findIndex(({ name }) => name === lead));
  const info = measures[at];
  const value = row.values[at] ?? NO_CELL;
  if (!info) return null;
  return (
    <div className="facts">
      <p className="fact-lead">
        <span className="muted">{info.label}</span>{' '}
        <strong className="fact-figure">{formatValue(value, info)}</strong>{' '}
        <span className="muted">{formatBounds(value, info)}</span>
        {compared && <ChangeText compared={value.compared} style={info} />}
      </p>
      {scale !== null && <Interval value={value} scale={scale} reference={reference} />}
      <dl className="fact-list">
        {measures.map((measure, index) => {
          if (index === at) return null;
          const small = row.values[index] ?? NO_CELL;
          return (
            <div key={measure.name} title={formatSpoken(small, measure)}>
              <dt>{measure.label}</dt>
              <dd>{formatShort(small, measure) ?? formatValue(small, measure)}</dd>
              {compared && (
                <dd>
                  <ChangeText compared={small.compared} style={measure} />
                </dd>
              )}
            </div>
          );
        })}
      </dl>
    </div>
  );
}
