// The chosen measure over time, with its bounds as a band: alone, with the days that it is compared with, or split by the
// first group key. Missing days are gaps, never zeros, and incomplete steps say so.

import { useMemo, useState } from 'react';
import { type Answered, type CubeAnswer, type Loaded, measuresOf, shownOf } from '../../api/cube';
import type { Dataset, TimeKey } from '../../api/dataset';
import { useAnnotations } from '../../api/annotations';
import { ChartFrame } from '../../components/chart/ChartFrame';
import type { Line } from '../../components/chart/points';
import { partsOf } from '../../components/Label';
import { AddNote, Notes } from '../../components/notes/Notes';
import { annotated, askedOf, marksOf, withMarks } from '../../components/notes/marks';
import { Panel } from '../../components/Panel';
import { countDays, DAYS, inSentence } from '../../format';
import { t } from '../../language';
import { type ExploreState, type Filter, stepKey } from './state';
import { type Calendar, type TrendPoint, trendPoints } from './trendPoints';
import type { Change } from './useExplore';
import type { Trend } from './useTrend';
import '../../components/Panel.css';
import '../../components/chart/ChartFrame.css';
import './TrendPanel.css';

export interface TrendPanelProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly trend: Trend;
  readonly announce: boolean;
  readonly change: Change;
  /** The members that the trend is about, if not those of the filters. */
  readonly about?: readonly Pick<Filter, 'field' | 'operator' | 'values'>[];
}

export function TrendPanel(props: TrendPanelProps) {
  const step = stepKey(props.state, props.dataset);
  return step === null ? <NoSteps /> : <Steps {...props} step={step} />;
}

/** For a dataset without time keys, which has no trend to load. */
function NoSteps() {
  return (
    <section className="panel panel-chart panel-trend" aria-label={t('trend.title')}>
      <header className="panel-head">
        <h2>{t('trend.title')}</h2>
      </header>
      <p className="panel-hint">{t('trend.noSteps')}</p>
    </section>
  );
}

const NONE: NonNullable<TrendPanelProps['about']> = [];

function Steps({ dataset, state, trend, announce, change, step, about = NONE }: TrendPanelProps & { readonly step: TimeKey }) {
  const [asTable, setAsTable] = useState(false);
  const data = shownOf(trend.whole);
  const calendar = useMemo(() => ({ grain: step.grain, weekStarts: dataset.weekStarts }), [step, dataset]);
  const measure = data ? measuresOf(data, dataset)[0] : undefined;
  const title = measure ? t('trend.by', { measure: measure.label, step: inSentence(step.label) }) : t('trend.byStep', { step: inSentence(step.label) });
  const points = useMemo(() => (data ? trendPoints(data, calendar) : []), [data, calendar]);
  const members = useMemo(
    () => annotated([...state.filters, ...about, ...(trend.split && trend.splitBy ? [{ field: trend.splitBy.name, operator: 'any' as const, values: trend.split.members.map(({ value }) => value) }] : [])], dataset),
    [state.filters, about, trend.split, trend.splitBy, dataset],
  );
  const asked = useMemo(() => askedOf(points, members), [points, members]);
  const notes = useAnnotations(asked);
  const lines = useMemo(() => withMarks(linesOf(points, trend, calendar, state.window === null), marksOf(points, notes)), [points, trend, calendar, state.window, notes]);
  // Without a note the gap would look like lost data.
  const nRetired = data ? countDays(data.answer.coverage.retiredRanges) : 0;
  const actions = (
    <>
      {nRetired > 0 && (
        <span className="muted panel-note">
          {t('trend.retired', { days: nRetired })}
        </span>
      )}
      <TrendControls dataset={dataset} state={state} trend={trend} change={change} />
      <AsTable on={asTable} onChange={setAsTable} />
      {asked !== null && <AddNote dataset={dataset} asked={asked} />}
    </>
  );
  const onPick = (index: number) => {
    const { days } = points[index] ?? {};
    if (days) change((now) => ({ ...now, last: null, ...days }));
  };
  return (
    <Panel title={title} loaded={busyOf(trend)} announce={announce} className="panel-chart panel-trend" actions={actions} taken={trend.split && shownOf(trend.split.rows)}>
      {() =>
        measure && (
          <>
            <ChartFrame label={title} axis={step.label} lines={lines} style={measure} asTable={asTable} onPick={points.length > 1 ? onPick : undefined} />
            {asked !== null && <Notes dataset={dataset} asked={asked} notes={notes} />}
          </>
        )
      }
    </Panel>
  );
}

/** The panel is busy until all of its lines are loaded. */
function busyOf({ whole, split, before }: Trend): Loaded<Answered> {
  const others = [split?.rows, split?.others, before].filter((one) => one != null);
  const failed = others.find((one) => one.state === 'failed');
  if (whole.state !== 'ready') return whole;
  if (failed?.state === 'failed') return { ...failed, before: whole.data };
  const updating = whole.updating || others.some((one) => one.state === 'loading' || (one.state === 'ready' && one.updating));
  return { ...whole, updating };
}

function linesOf(points: readonly TrendPoint[], trend: Trend, calendar: Calendar, isPlain: boolean): readonly Line[] {
  const { split, before } = trend;
  const rows = split && shownOf(split.rows);
  if (split && rows) {
    const names = ownNames(split.members.map(({ label }) => label));
    const members = split.members.map(({ value, label }, index): Line => ({ name: names[index] ?? label, points: alike(points, rows.answer, value) }));
    const rest = split.others && shownOf(split.others);
    const others = rest ? ordered(points, trendPoints(rest, calendar)) : null;
    // The others together are often far above each single line, and would flatten them all.
    return others !== null && fits(others, members) ? [...members, { name: t('trend.others'), kind: 'others', points: others }] : members;
  }
  const earlier = before && shownOf(before);
  const main: Line = { name: earlier ? t('trend.these') : null, points };
  if (!earlier || !isPlain) return [{ ...main, name: null }];
  const past = trendPoints(earlier, calendar);
  const aligned = points.map((point, index) => past[index] ?? { ...point, value: null });
  return [main, { name: t('trend.before'), kind: 'before', points: aligned }];
}

/** The distinct part of each label, if that tells them apart: media of one title are named without the title. */
function ownNames(labels: readonly string[]): readonly string[] {
  const own = labels.map((label) => partsOf(label).own);
  return new Set(own).size === own.length ? own : labels;
}

/** The points of one member, at the places of the line of all. */
function alike(points: readonly TrendPoint[], { rows }: CubeAnswer, member: string | null): TrendPoint[] {
  const values = new Map(rows.filter((row) => (row.keys[1]?.value ?? null) === member).map((row) => [row.keys[0]?.value, row.values[0] ?? null]));
  return points.map((point) => ({ ...point, value: values.get(point.step) ?? null }));
}

function ordered(points: readonly TrendPoint[], others: readonly TrendPoint[]): TrendPoint[] {
  const byStep = new Map(others.map((point) => [point.step, point]));
  return points.map((point) => byStep.get(point.step) ?? { ...point, value: null });
}

const MOST_ABOVE = 1.6;

function topOf(points: Line['points']): number {
  return Math.max(0, ...points.map(({ value }) => value?.upper ?? value?.value ?? 0));
}

function fits(others: readonly TrendPoint[], lines: readonly Line[]): boolean {
  return topOf(others) <= MOST_ABOVE * Math.max(...lines.map(({ points }) => topOf(points)));
}

interface TrendControlsProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly trend: Trend;
  readonly change: Change;
}

const WINDOWS = [7, 28] as const;

function TrendControls({ dataset, state, trend, change }: TrendControlsProps) {
  const steps = dataset.timeKeys;
  return (
    <span className="trend-controls">
      {trend.splitBy !== null && (
        <button
          type="button"
          className="button button-quiet"
          aria-pressed={state.split}
          onClick={() => change((now) => ({ ...now, split: !now.split }))}
        >
          {t('trend.split', { field: trend.splitBy.label })}
        </button>
      )}
      {steps.length > 1 && (
        <select
          className="select"
          aria-label={t('trend.steps')}
          value={state.step ?? steps[0]?.name}
          onChange={({ target }) => {
            const step = target.value === steps[0]?.name ? null : target.value;
            change((now) => ({ ...now, step, window: null }));
          }}
        >
          {steps.map(({ name, label }) => (
            <option key={name} value={name}>
              {t('trend.stepOption', { step: inSentence(label) })}
            </option>
          ))}
        </select>
      )}
      {stepKey(state, dataset)?.grain === DAYS && (
        <select
          className="select"
          aria-label={t('trend.window')}
          value={state.window ?? ''}
          onChange={({ target }) => {
            const window = target.value === 'all' ? 'all' : target.value === '' ? null : Number(target.value);
            change((now) => ({ ...now, window }));
          }}
        >
          <option value="">{t('trend.single')}</option>
          {[...new Set([...WINDOWS, ...(typeof state.window === 'number' ? [state.window] : [])])].map((days) => (
            <option key={days} value={days}>
              {t('trend.trailing', { days })}
            </option>
          ))}
          <option value="all">{t('trend.allSoFar')}</option>
        </select>
      )}
    </span>
  );
}

interface AsTableProps {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

export function AsTable({ on, onChange }: AsTableProps) {
  return (
    <button type="button" className="button button-quiet" aria-pressed={on} onClick={() => onChange(!on)}>
      {t('chart.showTable')}
    </button>
  );
}

