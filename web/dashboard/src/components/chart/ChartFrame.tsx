// A chart that a keyboard and a screen reader can read: the picture sits in a slider whose position speaks value and
// bounds, and the same numbers are there as a table.

import type { EChartsCoreOption } from 'echarts/core';
import { type KeyboardEvent, lazy, Suspense, useMemo, useState } from 'react';
import { formatBounds, formatValue, NOT_DEFINED, type NumberStyle } from '../../format';
import { positionAfter } from './chartKeys';
import { type ChartColors, useChartColors } from './colors';
import { describePoint } from './options';
import type { Point } from './points';
import '../Panel.css';
import './ChartFrame.css';

const Canvas = lazy(() => import('./Canvas'));

export interface ChartFrameProps {
  /** What is drawn: "Viewers by day". */
  readonly label: string;
  /** The heading of the first column of the table. */
  readonly axis: string;
  readonly points: readonly Point[];
  readonly style: NumberStyle;
  readonly asTable: boolean;
  readonly draw: (points: readonly Point[], style: NumberStyle, colors: ChartColors) => EChartsCoreOption;
}

export function ChartFrame(props: ChartFrameProps) {
  // An empty picture could be taken for zeros.
  if (props.points.every(({ value }) => value?.value == null)) return <p className="chart panel-hint">No data here.</p>;
  return props.asTable ? <PointTable {...props} /> : <Picture {...props} />;
}

function Picture({ label, points, style, draw }: ChartFrameProps) {
  const colors = useChartColors();
  const option = useMemo(() => draw(points, style, colors), [draw, points, style, colors]);
  const [position, setPosition] = useState(0);
  const [focused, setFocused] = useState(false);
  const last = Math.max(0, points.length - 1);
  const index = Math.min(position, last);
  const point = points[index];

  const onKeyDown = (event: KeyboardEvent) => {
    const target = positionAfter(event.key, { at: index, last });
    if (target === null) return;
    event.preventDefault();
    setPosition(target);
  };

  return (
    <div className="chart">
      <div
        className="chart-slider"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={index}
        aria-valuetext={point ? describePoint(point, style) : 'no values'}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      >
        <Suspense fallback={<div className="chart-canvas" />}>
          <Canvas option={option} active={focused ? index : null} />
        </Suspense>
      </div>
      <p className="chart-readout" aria-hidden="true">
        {focused && point ? describePoint(point, style) : ' '}
      </p>
    </div>
  );
}

function PointTable({ label, axis, points, style }: ChartFrameProps) {
  return (
    <div className="chart point-table" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{axis}</th>
            <th scope="col">Value</th>
            <th scope="col">95 % bounds</th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {points.map((point, index) => (
            // Labels may repeat, and a point is its position.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index}>
              <th scope="row">{point.label}</th>
              <td>{point.value ? formatValue(point.value, style) : NOT_DEFINED}</td>
              <td>{point.value ? formatBounds(point.value, style) : ''}</td>
              <td>{point.note ?? (point.value ? '' : 'no rows')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
