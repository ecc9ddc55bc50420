// A trend that works by keyboard and screen reader: the picture is a slider that speaks the value and bounds at its
// position, and the same numbers can be shown as a table.

import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { formatBounds, formatValue, notDefined, type NumberStyle } from '../../format';
import { t } from '../../language';
import { positionAfter } from './chartKeys';
import { describeAt, isEmpty, type Line, saidOf } from './points';
import { indexAt, TrendPicture } from './TrendPicture';
import '../Panel.css';
import './ChartFrame.css';

export interface ChartFrameProps {
  /** What is drawn: "Viewers by day". */
  readonly label: string;
  /** The heading of the first column of the table. */
  readonly axis: string;
  /** The first line names the places of the axis. */
  readonly lines: readonly Line[];
  readonly style: NumberStyle;
  readonly asTable: boolean;
  /** Called by a click on a place, or by Enter. */
  readonly onPick?: ((index: number) => void) | undefined;
}

export function ChartFrame(props: ChartFrameProps) {
  // An empty picture could be taken for zeros.
  if (isEmpty(props.lines)) return <p className="chart panel-hint">{t('chart.empty')}</p>;
  return props.asTable ? <PointTable {...props} /> : <Picture {...props} />;
}

function Picture({ label, lines, style, onPick }: ChartFrameProps) {
  const [position, setPosition] = useState(0);
  const [focused, setFocused] = useState(false);
  const [hovered, setHovered] = useState<number | null>(null);
  const last = Math.max(0, (lines[0]?.points.length ?? 0) - 1);
  const index = Math.min(position, last);
  const active = hovered !== null && hovered <= last ? hovered : focused ? index : null;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && onPick) return onPick(index);
    const target = positionAfter(event.key, { at: index, last });
    if (target === null) return;
    event.preventDefault();
    setHovered(null);
    setPosition(target);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setHovered(indexAt(event.clientX - left, width, lines));
  };

  return (
    <div className="chart">
      <p className="chart-readout" aria-hidden="true">
        {active === null ? ' ' : describeAt(lines, active, style)}
      </p>
      <div
        className={onPick ? 'chart-slider chart-pickable' : 'chart-slider'}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={index}
        aria-valuetext={describeAt(lines, index, style)}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHovered(null)}
        onClick={() => {
          if (hovered !== null) onPick?.(hovered);
        }}
      >
        <TrendPicture lines={lines} style={style} active={active} />
      </div>
    </div>
  );
}

function PointTable({ label, axis, lines, style }: ChartFrameProps) {
  const places = lines[0]?.points ?? [];
  const single = lines.length === 1;
  return (
    <div className="chart point-table" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{axis}</th>
            {lines.map((line, at) => (
              // Names may repeat; a line is identified by its position.
              // oxlint-disable-next-line react/no-array-index-key
              <LineHeads key={at} name={single ? t('chart.value') : (line.name ?? '')} />
            ))}
            <th scope="col">{t('chart.note')}</th>
          </tr>
        </thead>
        <tbody>
          {places.map((place, index) => (
            // Labels may repeat; a point is identified by its position.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index}>
              <th scope="row">{place.label}</th>
              {lines.map(({ points }, at) => {
                const value = points[index]?.value;
                return [
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={`${at} value`}>{value ? formatValue(value, style) : notDefined()}</td>,
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={`${at} bounds`}>{value ? formatBounds(value, style) : ''}</td>,
                ];
              })}
              <td>{[place.note ?? (place.value ? '' : t('chart.noRows')), saidOf(place.marks)].filter((text) => text !== '').join('; ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LineHeads({ name }: { readonly name: string }) {
  return (
    <>
      <th scope="col">{name}</th>
      <th scope="col">{t('chart.bounds')}</th>
    </>
  );
}
