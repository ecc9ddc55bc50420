// The row of controls: dates, comparison, group keys, measures and filters. Each opens its editor in a popover.

import { lazy, useMemo, useState } from 'react';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { Dropdown } from '../../components/Dropdown';
import { useTrail } from '../../components/trail';
import { formatRange } from '../../format';
import { t } from '../../language';
import { BESIDES, SHOWN } from './besides';
import { conditionText } from './conditionText';
import { FilterChip, loadFilterEditor } from './FilterChip';
import type { Scope } from './FilterEditor';
import { toCubeFilter } from './query';
import { withCondition, withFilter, withoutFilter } from './changes';
import { besideOf, type Condition, daysOf, daysText, defaultState, type ExploreState, type Filter, isTime, writeState } from './state';
import type { Change } from './useExplore';
import './Controls.css';
import './FilterChip.css';

const BesideEditor = lazy(() => import('./BesideEditor'));
const ConditionEditor = lazy(() => import('./ConditionEditor'));
// These bring React Aria: fetched when somebody is about to open one.
const loadChecks = () => import('../../components/CheckList');
const loadDates = () => import('./DateEditor');
const loadFields = () => import('./FieldList');
const CheckList = lazy(loadChecks);
const DateEditor = lazy(loadDates);
const FieldList = lazy(loadFields);
const FilterEditor = lazy(loadFilterEditor);
const loadFilters = () => Promise.all([loadFields(), loadFilterEditor()]);

interface ControlsProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly change: Change;
  /** Whether readers choose the rows of the page; on the other pages they choose only days and filters. */
  readonly hasRows?: boolean;
}

export function Controls({ dataset, snapshot, state, change, hasRows = true }: ControlsProps) {
  const changed = JSON.stringify(writeState(state, dataset)) !== JSON.stringify(writeState(resetOf(state, dataset), dataset));
  const scope = useMemo(
    () => ({ where: toCubeFilter(state.filters, dataset), ...daysOf(state, snapshot.lastDay) }),
    [state, dataset, snapshot.lastDay],
  );
  return (
    <div className="controls" role="group" aria-label={t('controls.label')} data-tour="shown">
      <Dropdown title={t('controls.dates')} prefetch={loadDates} label={<Labelled name={t('controls.dates')} value={daysText(state)} />}>
        {(close) => (
          <DateEditor
            last={state.last}
            {...daysOf(state, snapshot.lastDay)}
            firstDay={snapshot.firstDay}
            lastDay={snapshot.lastDay}
            onChange={(days) => change((now) => ({ ...now, ...days }))}
            onClose={close}
          />
        )}
      </Dropdown>
      <Dropdown title={t('controls.beside')} label={<Labelled name={t('controls.beside')} value={besideText(state)} />}>
        {(close) => (
          <BesideEditor
            beside={state.beside}
            days={besideOf({ ...state, beside: 'previous' }, snapshot.lastDay)}
            onChange={(beside) => change((now) => ({ ...now, beside }))}
            onClose={close}
          />
        )}
      </Dropdown>
      {hasRows && <RowControls dataset={dataset} state={state} change={change} />}
      <span className="controls-divider" aria-hidden="true" />
      {state.filters.map((filter, index) => (
        <FilterChip
          // Without the operator, so that the editor stays open while that changes.
          key={`${filter.field} ${state.filters.slice(0, index).filter(({ field }) => field === filter.field).length}`}
          dataset={dataset}
          version={snapshot.version}
          scope={scope}
          filter={filter}
          onChange={(next, replaces, options) => change((now) => withFilter(now, next, replaces), options)}
          onRemove={() => change((now) => withoutFilter(now, filter))}
        />
      ))}
      {state.conditions.map((condition) => (
        <ConditionChip key={condition.measure} dataset={dataset} condition={condition} change={change} />
      ))}
      <AddFilter dataset={dataset} version={snapshot.version} scope={scope} state={state} change={change} />
      {hasRows && (
        <Dropdown title={t('controls.conditions')} label={t('controls.addCondition')} className="button button-quiet">
          {() => (
            <ConditionEditor
              measures={dataset.measures}
              conditions={state.conditions}
              onChange={(condition) => change((now) => withCondition(now, condition))}
            />
          )}
        </Dropdown>
      )}
      {changed && (
        <button type="button" className="button button-quiet" onClick={() => change((now) => resetOf(now, dataset))}>
          {t('words.reset')}
        </button>
      )}
      <Steps />
    </div>
  );
}

/** Undo and redo, each only where there is something to undo or redo. */
function Steps() {
  const { past, future, undo, redo } = useTrail();
  return (
    <>
      {past.length > 0 && (
        <button type="button" className="button button-quiet" aria-keyshortcuts="Control+Z" title="Ctrl Z" onClick={undo}>
          {t('words.undo')}
        </button>
      )}
      {future.length > 0 && (
        <button type="button" className="button button-quiet" aria-keyshortcuts="Control+Shift+Z" title="Ctrl Shift Z" onClick={redo}>
          {t('words.redo')}
        </button>
      )}
    </>
  );
}

/** The defaults, but for the members that the page is about. */
function resetOf(state: ExploreState, dataset: Dataset): ExploreState {
  return { ...defaultState(dataset), by: state.by, selected: state.selected };
}

function besideText({ beside, last, from }: ExploreState): string {
  if (beside === null) return t('controls.besideNothing');
  if (beside !== 'previous') return formatRange(beside.from, beside.to);
  return t(last === null && from === null ? 'controls.besideDatesFirst' : 'controls.besidePrevious');
}

interface RowControlsProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly change: Change;
}

/** Marks the columns in the list that are no measures. */
const EXTRA = '+';

function RowControls({ dataset, state, change }: RowControlsProps) {
  const groups = state.groupBy.map((name) => dataset.groupKey.get(name)?.label ?? name);
  return (
    <>
      <Dropdown
        title={t('controls.group')}
        prefetch={loadChecks}
        label={<Labelled name={t('controls.group')} value={groups.length > 0 ? groups.join(', ') : t('controls.groupNothing')} />}
      >
        {() => (
          <CheckList
            label={t('controls.group')}
            items={dataset.groupKeys.map((key) => ({
              id: key.name,
              label: key.label,
              ...(key.field?.multi && { note: t('controls.overlap') }),
            }))}
            selected={state.groupBy}
            onChange={(groupBy) => {
              // Rows have one step of time at most: the last one ticked.
              const step = groupBy.findLast((name) => isTime(name, dataset));
              change((now) => ({ ...now, groupBy: groupBy.filter((name) => !isTime(name, dataset) || name === step) }));
            }}
          />
        )}
      </Dropdown>
      <Dropdown
        title={t('controls.measures')}
        prefetch={loadChecks}
        label={<Labelled name={t('controls.measures')} value={t('controls.measuresOf', { chosen: state.measures.length, all: dataset.measures.length })} />}
      >
        {() => (
          <CheckList
            label={t('controls.measures')}
            atLeastOne
            items={[
              ...dataset.measures.map((measure) => ({
                id: measure.name,
                label: measure.label,
                ...(measure.expr !== null && { note: measure.expr }),
              })),
              ...SHOWN.map((name) => ({ id: `${EXTRA}${name}`, label: t(BESIDES[name].label), note: t(BESIDES[name].note) })),
            ]}
            selected={[...state.measures, ...state.shown.map((name) => `${EXTRA}${name}`)]}
            onChange={(chosen) => {
              const measures = chosen.filter((id) => !id.startsWith(EXTRA));
              const shown = SHOWN.filter((name) => chosen.includes(`${EXTRA}${name}`));
              if (measures.length > 0) change((now) => ({ ...now, measures, shown }));
            }}
          />
        )}
      </Dropdown>
    </>
  );
}

interface ConditionChipProps {
  readonly dataset: Dataset;
  readonly condition: Condition;
  readonly change: Change;
}

function ConditionChip({ dataset, condition, change }: ConditionChipProps) {
  const measure = dataset.measure.get(condition.measure);
  if (!measure) return null;
  const words = conditionText(measure, condition);
  return (
    <span className="chip">
      <span className="chip-edit chip-plain">
        <span className="muted">{measure.label}</span> <strong className="chip-values">{words}</strong>
      </span>
      <button
        type="button"
        className="chip-remove"
        aria-label={t('condition.remove', { measure: measure.label, words })}
        onClick={() => change((now) => withCondition(now, { ...condition, min: null, max: null }))}
      >
        <span aria-hidden="true">×</span>
      </button>
    </span>
  );
}

function Labelled({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <span className="muted">{name}</span> <strong className="control-value">{value}</strong>
      <span className="caret" aria-hidden="true" />
    </>
  );
}

interface AddFilterProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly scope: Scope;
  readonly state: ExploreState;
  readonly change: Change;
}

function AddFilter({ dataset, version, scope, state, change }: AddFilterProps) {
  const [field, setField] = useState<string | null>(null);
  const info = field === null ? undefined : dataset.field.get(field);
  return (
    <Dropdown title={info ? t('controls.filterBy', { field: info.label }) : t('controls.addFilterTitle')} label={t('controls.addFilter')} className="button button-quiet" shortcut="/" prefetch={loadFilters}>
      {() =>
        info ? (
          <FilterEditor
            key={info.name}
            field={info}
            version={version}
            scope={scope}
            start={startOf(info.name, state)}
            onBack={() => setField(null)}
            onUnmount={() => setField(null)}
            onChange={(next, replaces, options) => change((now) => withFilter(now, next, replaces), options)}
          />
        ) : (
          <FieldList fields={dataset.fields} onChoose={setField} />
        )
      }
    </Dropdown>
  );
}

/** The filter that a field already has, so that adding to it does not overwrite it. */
function startOf(field: string, state: ExploreState): Filter {
  return state.filters.find((filter) => filter.field === field) ?? { field, operator: 'any', values: [] };
}
