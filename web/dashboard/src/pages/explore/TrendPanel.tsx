// The chosen measure day by day, with its bounds as a band. Missing days are gaps, never zeros.

import { useMemo, useState } from 'react';
import { type Answered, type Loaded, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { ChartFrame } from '../../components/chart/ChartFrame';
import { trendOption } from '../../components/chart/options';
import type { Point } from '../../components/chart/points';
import { Panel } from '../../components/Panel';
import {
  addDays,
  countDays,
  type DayRange,
  daysBetween,
  eachDay,
  formatCount,
  formatDay,
  formatRange,
  formatShortDay,
} from '../../format';
import { measuresOf } from './columns';
import '../../components/Panel.css';
import '../../components/chart/ChartFrame.css';

interface TrendPanelProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
  readonly announce: boolean;
}

export function TrendPanel({ dataset, loaded, announce }: TrendPanelProps) {
  const [asTable, setAsTable] = useState(false);
  const data = shownOf(loaded);
  const points = useMemo(() => (data ? trendPoints(data) : []), [data]);
  const measure = data ? measuresOf(data, dataset)[0] : undefined;
  const title = measure ? `${measure.label} by day` : 'By day';
  // Without a word the gap would look like lost data.
  const nRetired = data ? countDays(data.answer.coverage.retiredRanges) : 0;
  const actions = (
    <>
      {nRetired > 0 && (
        <span className="muted panel-note">
          {formatCount(nRetired)} {nRetired === 1 ? 'day' : 'days'} kept as whole months only
        </span>
      )}
      <AsTable on={asTable} onChange={setAsTable} />
    </>
  );
  return (
    <Panel title={title} loaded={loaded} announce={announce} className="panel-chart" actions={actions}>
      {() =>
        measure && (
          <ChartFrame
            label={title}
            axis="Day"
            points={points}
            style={measure}
            asTable={asTable}
            draw={trendOption}
          />
        )
      }
    </Panel>
  );
}

/** A longer gap is one point: one event of 1900 must not squeeze all other days into a pixel. */
const LONGEST_GAP_DAYS = 31;

/** One point for each day that was asked for, whether or not there is a row; a long gap is one point. */
export function trendPoints({ answer }: Answered): Point[] {
  const { coverage, rows } = answer;
  const { from, to, missingRanges } = coverage;
  if (from === null || to === null) return [];
  const values = new Map(rows.map((row) => [row.keys[0]?.value, row.values[0] ?? null]));
  const gaps = missingRanges.filter((gap) => daysBetween(gap.from, gap.to) > LONGEST_GAP_DAYS);
  const missing = daysIn(missingRanges.filter((range) => !gaps.includes(range)));
  const retired = daysIn(coverage.retiredRanges);
  const provisional = daysIn(coverage.provisionalRanges);
  const noteOf = (day: string) => {
    if (retired.has(day)) return 'only its month is kept';
    if (missing.has(day)) return 'missing';
    return provisional.has(day) ? 'provisional' : undefined;
  };
  const dayPoint = (day: string) => {
    const note = noteOf(day);
    const point = { short: formatShortDay(day), label: formatDay(day), value: values.get(day) ?? null };
    return note === undefined ? point : { ...point, note };
  };

  const points: Point[] = [];
  let next = from;
  for (const gap of gaps) {
    if (next < gap.from) points.push(...eachDay(next, addDays(gap.from, -1)).map(dayPoint));
    const note = noteOf(gap.from) ?? 'missing';
    points.push({ short: `${formatShortDay(gap.from)} …`, label: formatRange(gap.from, gap.to), value: null, note });
    if (gap.to >= to) return points;
    next = addDays(gap.to, 1);
  }
  points.push(...eachDay(next, to).map(dayPoint));
  return points;
}

function daysIn(ranges: readonly DayRange[]): ReadonlySet<string> {
  return new Set(ranges.flatMap(({ from, to }) => eachDay(from, to)));
}

interface AsTableProps {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

export function AsTable({ on, onChange }: AsTableProps) {
  return (
    <button type="button" className="button button-quiet" aria-pressed={on} onClick={() => onChange(!on)}>
      Show as table
    </button>
  );
}
