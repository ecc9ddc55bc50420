// The first groups of the table as bars with whiskers, in the order of the table.

import { useMemo, useState } from 'react';
import { type Answered, type Loaded, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { ChartFrame } from '../../components/chart/ChartFrame';
import { barsOption } from '../../components/chart/options';
import type { Point } from '../../components/chart/points';
import { tellApart } from '../../components/chart/tellApart';
import { Panel } from '../../components/Panel';
import { formatCount } from '../../format';
import { keyLabel, keysOf, measuresOf } from './columns';
import { AsTable } from './TrendPanel';
import '../../components/Panel.css';
import '../../components/chart/ChartFrame.css';

/** More bars than this are thinner than their labels. */
const MOST_BARS = 12;
/** What fits beside the bars. */
const AXIS_LETTERS = 21;

interface GroupsPanelProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
  readonly measure: string;
}

export function GroupsPanel({ dataset, loaded, measure }: GroupsPanelProps) {
  const [asTable, setAsTable] = useState(false);
  const data = shownOf(loaded);
  const drawn = useMemo(() => (data ? groupPoints(data, dataset, measure) : null), [data, dataset, measure]);
  const keys = data ? keysOf(data, dataset) : [];
  const by = keys.map((key) => key.label).join(' and ');
  const label = dataset.measure.get(measure)?.label ?? '';
  const title = keys.length > 0 ? `${label} by ${by}` : `${label} by group`;
  const count = data?.answer.groupCount ?? 0;
  return (
    <Panel
      title={title}
      loaded={loaded}
      announce={false}
      className="panel-chart"
      actions={
        <>
          {count > MOST_BARS && (
            <span className="muted panel-note">
              first {MOST_BARS} of {formatCount(count)}
            </span>
          )}
          <AsTable on={asTable} onChange={setAsTable} />
        </>
      }
    >
      {() => {
        if (keys.length === 0) return <p className="panel-hint">Group by a field to compare its groups here.</p>;
        if (drawn === null) return null;
        return (
          <ChartFrame
            label={title}
            axis={by}
            points={drawn.points}
            style={drawn.style}
            asTable={asTable}
            draw={barsOption}
          />
        );
      }}
    </Panel>
  );
}

function groupPoints(data: Answered, dataset: Dataset, measure: string) {
  const keys = keysOf(data, dataset);
  const measures = measuresOf(data, dataset);
  const found = measures.findIndex((info) => info.name === measure);
  // An old answer may lack a measure that was chosen a moment ago.
  const index = Math.max(0, found);
  const style = measures[index];
  if (!style) return null;
  const rows = data.answer.rows.slice(0, MOST_BARS);
  const labels = rows.map((row) => keys.map((key, position) => keyLabel(row, position, key)).join(' · '));
  const short = tellApart(labels, AXIS_LETTERS);
  const points = rows.map((row, at): Point => {
    const label = labels[at] ?? '';
    return { short: short[at] ?? label, label, value: row.values[index] ?? null };
  });
  return { points, style };
}
