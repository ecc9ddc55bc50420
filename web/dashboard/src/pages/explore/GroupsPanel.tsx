// The first groups of the table as bars with whiskers, in the order of the table, and one number for the rest. A click opens
// a group, or filters by it.

import { useState } from 'react';
import { type Answered, keysOf, type Loaded, measuresOf, shownOf } from '../../api/cube';
import type { Dataset, GroupKeyInfo } from '../../api/dataset';
import { ChartFrame } from '../../components/chart/ChartFrame';
import { isEmpty } from '../../components/chart/points';
import { Panel } from '../../components/Panel';
import { formatBounds, formatList, formatValue, NO_VALUE, type NumberStyle, referenceOf, type Value } from '../../format';
import { rich, t } from '../../language';
import { ActionsContext, NOTHING_TICKED } from './actions';
import { type Bar, BarList } from './BarList';
import { incomplete, rowLabel } from './columns';
import { MOST_BARS } from './query';
import type { ExploreState } from './state';
import { AsTable } from './TrendPanel';
import type { Change } from './useExplore';
import '../../components/Panel.css';
import '../../components/chart/ChartFrame.css';
import './GroupsPanel.css';

export interface GroupsPanelProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly loaded: Loaded<Answered>;
  readonly measure: string;
  readonly change: Change;
}

export function GroupsPanel({ dataset, state, loaded, measure, change }: GroupsPanelProps) {
  const [asTable, setAsTable] = useState(false);
  const data = shownOf(loaded);
  const keys = data ? keysOf(data, dataset) : [];
  const by = formatList(keys.map((key) => key.label));
  // An old answer may be about another measure than the one just chosen.
  const info = data ? measuresOf(data, dataset)[0] : dataset.measure.get(measure);
  const label = info?.label ?? '';
  const title = keys.length > 0 ? t('words.by', { what: label, keys: by }) : t('bars.byGroup', { measure: label });
  const count = data?.answer.groupCount ?? 0;
  if (state.groupBy.length === 0) {
    return (
      <section className="panel panel-chart" aria-label={title}>
        <header className="panel-head">
          <h2>{title}</h2>
        </header>
        <p className="panel-hint">{t('bars.groupFirst')}</p>
      </section>
    );
  }
  return (
    <ActionsContext value={{ dataset, state, change, ...NOTHING_TICKED }}>
      <Panel
        title={title}
        loaded={loaded}
        announce={false}
        className="panel-chart"
        actions={
          <>
            {count > MOST_BARS && (
              <span className="muted panel-note">
                {t('words.firstOf', { shown: MOST_BARS, all: count })}
              </span>
            )}
            <AsTable on={asTable} onChange={setAsTable} />
          </>
        }
      >
        {(shown) => {
          if (!info) return null;
          const bars = barsOf(shown, keys);
          const lines = [{ name: null, points: bars.map(({ label: name, value }) => ({ short: name, label: name, value })) }];
          if (asTable || isEmpty(lines)) return <ChartFrame label={title} axis={by} lines={lines} style={info} asTable={asTable} />;
          const total = shown.answer.total.values[0] ?? NO_VALUE;
          const reference = referenceOf(info, total);
          return (
            <>
              <BarList
                label={title}
                bars={bars}
                style={info}
                reference={reference}
              />
              <p className="bars-foot">
                {shown.answer.others != null && (
                  <span>{rich('bars.others', { n: count - bars.length, ...bold(shown.answer.others.values[0] ?? NO_VALUE, info) })}</span>
                )}
                <span>{rich(reference === null ? 'bars.all' : 'bars.allDashed', bold(total, info))}</span>
              </p>
            </>
          );
        }}
      </Panel>
    </ActionsContext>
  );
}

/** A number in bold, with its bounds under the pointer. */
function bold(value: Value, style: NumberStyle) {
  return { value: formatValue(value, style), b: <strong title={formatBounds(value, style) ?? ''} /> };
}

/** The key that best identifies a group: the one with pictures, else the first. */
function leadOf(keys: readonly GroupKeyInfo[]): number {
  return Math.max(0, keys.findIndex((key) => key.field?.hasMedia));
}

function barsOf(data: Answered, keys: readonly GroupKeyInfo[]): Bar[] {
  const hasMedia = keys.some((key) => key.field?.hasMedia);
  const position = leadOf(keys);
  const info = keys[position];
  return data.answer.rows.flatMap((row): Bar[] => {
    const cell = row.keys[position];
    if (!cell || !info) return [];
    const label = rowLabel(row, keys);
    const note = keys.map((key, at) => incomplete(row, at, key, data)).find((one) => one !== undefined);
    const bar = {
      key: JSON.stringify(row.keys.map(({ value }) => value)),
      label,
      info,
      cell,
      value: row.values[0] ?? null,
      ...(hasMedia && { media: row.keys.find((key) => key.media !== null)?.media ?? null }),
      ...(note !== undefined && { note }),
    };
    return [bar];
  });
}
