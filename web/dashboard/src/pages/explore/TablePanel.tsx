// The groups with their heading: as a table, nested, as a heat map or as pictures; as cards on a narrow screen.

import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { type Answered, keysOf, type Loaded, measuresOf, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { isBusy, PanelBody, Placeholder } from '../../components/Panel';
import { Segments } from '../../components/Segments';
import { NARROW, useMedia } from '../../components/useMedia';
import { formatList } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import { type Actions, ActionsContext } from './actions';
import Grid, { ROW_HEIGHT } from './Grid';
import { CARD_HEIGHT } from './query';
import { withNot, withOnly, withSort } from './changes';
import { effectiveSort, type ExploreState, type Sort, type View } from './state';
import type { Change } from './useExplore';
import { carriedSearch } from './usePageState';
import '../../components/Panel.css';
import '../../components/Segments.css';
import './TablePanel.css';

const Cards = lazy(() => import('./Cards'));
const EmptyTable = lazy(() => import('./EmptyTable'));
const Nested = lazy(() => import('./Nested'));
const HeatMap = lazy(() => import('./HeatMap'));
const Gallery = lazy(() => import('./Gallery'));

/** The most members that the Compare page takes. */
const MOST_COMPARED = 6;

interface TablePanelProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly loaded: Loaded<Answered>;
  readonly measure: string;
  readonly change: Change;
}

export function TablePanel({ dataset, snapshot, state, loaded, measure, change }: TablePanelProps) {
  const narrow = useMedia(NARROW);
  const sort = effectiveSort(state, dataset);
  const onSort = useCallback(
    (by: string) => {
      // The first click sorts a measure from the largest, and a key from its beginning.
      const first = state.groupBy.includes(by) ? 'ASC' : 'DESC';
      const other = first === 'ASC' ? 'DESC' : 'ASC';
      const direction = sort?.by === by && sort.direction === first ? other : first;
      change((now) => withSort(now, { by, direction }, dataset), { replace: true });
    },
    [state.groupBy, sort, change, dataset],
  );
  const views = viewsFor(state, dataset);
  const view = views.includes(state.view) ? state.view : 'table';
  const ticks = useTicks(dataset, state);
  const { tickable, ticked, tick, clear } = ticks;
  const actions = useMemo<Actions>(
    () => ({ dataset, state, change, tickable, ticked, tick }),
    [dataset, state, change, tickable, ticked, tick],
  );
  const shown = shownOf(loaded);
  return (
    <ActionsContext value={actions}>
      <section
        className={`panel panel-table panel-${view}`}
        style={view === 'table' && shown !== null && shown.answer.groupCount > 0 ? { maxHeight: heightOf(shown.answer.groupCount, narrow) } : undefined}
        aria-label={t('table.groups')}
        data-tour="rows"
        aria-busy={isBusy(loaded)}
      >
        <header className="panel-head table-head">
          <h2>{t('table.groups')}</h2>
          <span className="muted panel-note" role="status">
            {describe(loaded)}
          </span>
          <Chosen dataset={dataset} state={state} field={tickable} values={[...ticked]} change={change} clear={clear} />
          {narrow && shown && <SortSelect dataset={dataset} data={shown} sort={sort} change={change} />}
          {views.length > 1 && (
            <Segments
              legend={t('table.how')}
              name="view"
              options={views.map((id) => ({ id, label: t(`table.${id}`) }))}
              value={view}
              onChange={(next) => change((now) => ({ ...now, view: next }))}
            />
          )}
          {shown && <TakeButton title={gridLabel(shown, dataset)} answered={shown} />}
        </header>
        <PanelBody loaded={loaded}>
          {(data) =>
            data.answer.groupCount === 0 ? (
              <Suspense fallback={null}>
                <EmptyTable dataset={dataset} snapshot={snapshot} state={state} change={change} />
              </Suspense>
            ) : (
              <Suspense fallback={<Placeholder />}>
                {view === 'nested' && <Nested dataset={dataset} snapshot={snapshot} state={state} data={data} sort={sort} onSort={onSort} />}
                {view === 'heat' && <HeatMap dataset={dataset} snapshot={snapshot} state={state} measure={measure} />}
                {view === 'gallery' && <Gallery dataset={dataset} data={data} measure={measure} />}
                {view === 'table' && narrow && <Cards dataset={dataset} data={data} measure={sort?.by ?? measure} label={gridLabel(data, dataset)} />}
                {view === 'table' && !narrow && (
                  <Grid dataset={dataset} data={data} sort={sort} label={gridLabel(data, dataset)} onSort={onSort} />
                )}
              </Suspense>
            )
          }
        </PanelBody>
      </section>
    </ActionsContext>
  );
}

/** The heads of the panel and of the table, and the row of totals. */
const FRAME_HEIGHT = 132;

/** A panel of few rows is no higher than they are. */
function heightOf(nRows: number, narrow: boolean): number {
  return FRAME_HEIGHT + nRows * (narrow ? CARD_HEIGHT : ROW_HEIGHT);
}

/** The views that make sense for the group keys. */
function viewsFor({ groupBy }: ExploreState, dataset: Dataset): readonly View[] {
  const many = groupBy.length > 1;
  const hasMedia = groupBy.some((name) => dataset.field.get(name)?.hasMedia);
  return ['table', ...(many ? (['nested', 'heat'] as const) : []), ...(hasMedia ? (['gallery'] as const) : [])];
}

/** The ticked members; a new question clears them. */
function useTicks(dataset: Dataset, state: ExploreState) {
  const fields = state.groupBy.map((name) => dataset.field.get(name)).filter((field) => field !== undefined);
  const tickable = (fields.find((field) => field.hasMedia) ?? fields[0])?.name ?? null;
  const [ticks, setTicks] = useState<{ readonly field: string | null; readonly values: ReadonlySet<string> }>({
    field: tickable,
    values: new Set(),
  });
  const ticked = ticks.field === tickable ? ticks.values : NONE;
  const tick = useCallback(
    (value: string) =>
      setTicks(({ field, values }) => {
        const before = field === tickable ? values : NONE;
        const next = new Set(before);
        if (!next.delete(value)) next.add(value);
        return { field: tickable, values: next };
      }),
    [tickable],
  );
  const clear = useCallback(() => setTicks({ field: null, values: NONE }), []);
  return { tickable, ticked, tick, clear };
}

const NONE: ReadonlySet<string> = new Set();

interface ChosenProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly field: string | null;
  readonly values: readonly string[];
  readonly change: Change;
  readonly clear: () => void;
}

function Chosen({ dataset, state, field, values, change, clear }: ChosenProps) {
  if (field === null || values.length === 0) return null;
  const narrowTo = (update: (now: ExploreState) => ExploreState) => {
    change(update);
    clear();
  };
  const filters = state.filters.filter((filter) => filter.field !== field);
  return (
    <span className="chosen" role="group" aria-label={t('table.chosenRows')}>
      <strong>{t('table.nChosen', { n: values.length })}</strong>
      {values.length >= 2 && values.length <= MOST_COMPARED && (
        <Link
          to="/compare"
          search={carriedSearch(state, dataset, { by: field, selected: values, filters })}
          className="button button-primary"
        >
          {t('words.compare')}
        </Link>
      )}
      <button type="button" className="button" onClick={() => narrowTo((now) => withOnly(now, field, values))}>
        {t('table.onlyThese')}
      </button>
      <button type="button" className="button" onClick={() => narrowTo((now) => withNot(now, field, values))}>
        {t('table.notThese')}
      </button>
      <button type="button" className="button button-quiet" onClick={clear}>
        {t('words.clear')}
      </button>
    </span>
  );
}

interface SortSelectProps {
  readonly dataset: Dataset;
  readonly data: Answered;
  readonly sort: Sort | null;
  readonly change: Change;
}

/** Sorting where there are no column heads to press. */
function SortSelect({ dataset, data, sort, change }: SortSelectProps) {
  return (
    <select
      className="select"
      aria-label={t('table.sortedBy')}
      value={sort?.by}
      onChange={({ target }) => {
        const direction = dataset.measure.has(target.value) ? 'DESC' : 'ASC';
        change((now) => withSort(now, { by: target.value, direction }, dataset), { replace: true });
      }}
    >
      {[...keysOf(data, dataset), ...measuresOf(data, dataset)].map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}

function describe(loaded: Loaded<Answered>): string {
  if (loaded.state !== 'ready') return '';
  if (loaded.updating) return t('table.updating');
  const { groupCount } = loaded.data.answer;
  return t('table.count', { n: groupCount });
}

function gridLabel(data: Answered, dataset: Dataset): string {
  const keys = keysOf(data, dataset);
  return keys.length > 0 ? t('table.measuresBy', { keys: formatList(keys.map((key) => key.label)) }) : t('table.measuresOfAll');
}
