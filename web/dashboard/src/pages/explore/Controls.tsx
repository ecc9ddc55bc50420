// The row of controls: dates, group keys, measures and filters. Each opens its editor in a popover.

import { lazy, useState } from 'react';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { Dropdown } from '../../components/Dropdown';
import { FilterChip } from './FilterChip';
import { daysOf, daysText, defaultState, type ExploreState, type Filter, withFilter, withoutFilter } from './state';
import type { Change } from './useExplore';
import './Controls.css';

const CheckList = lazy(() => import('../../components/CheckList'));
const DateEditor = lazy(() => import('./DateEditor'));
const FieldList = lazy(() => import('./FieldList'));
const FilterEditor = lazy(() => import('./FilterEditor'));

/** Fetches the editors before they are asked for. */
export async function loadEditors(): Promise<void> {
  await Promise.all([
    import('../../components/PopoverFrame'),
    import('../../components/CheckList'),
    import('./FieldList'),
    import('./FilterEditor'),
  ]);
}

interface ControlsProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly change: Change;
}

export function Controls({ dataset, snapshot, state, change }: ControlsProps) {
  const groups = state.groupBy.map((name) => dataset.groupKey.get(name)?.label ?? name);
  const changed = JSON.stringify(state) !== JSON.stringify(defaultState(dataset));
  return (
    <div className="controls" role="group" aria-label="What is shown">
      <Dropdown title="Dates" label={<Labelled name="Dates" value={daysText(state)} />}>
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
      <Dropdown
        title="Group by"
        label={<Labelled name="Group by" value={groups.length > 0 ? groups.join(', ') : 'nothing'} />}
      >
        {() => (
          <CheckList
            label="Group by"
            items={dataset.groupKeys.map((key) => ({
              id: key.name,
              label: key.label,
              ...(key.field?.multi && { note: 'groups overlap' }),
            }))}
            selected={state.groupBy}
            onChange={(groupBy) => change((now) => ({ ...now, groupBy }))}
          />
        )}
      </Dropdown>
      <Dropdown
        title="Measures"
        label={<Labelled name="Measures" value={`${state.measures.length} of ${dataset.measures.length}`} />}
      >
        {() => (
          <CheckList
            label="Measures"
            atLeastOne
            items={dataset.measures.map((measure) => ({
              id: measure.name,
              label: measure.label,
              ...(measure.expr !== null && { note: measure.expr }),
            }))}
            selected={state.measures}
            onChange={(measures) => change((now) => ({ ...now, measures }))}
          />
        )}
      </Dropdown>
      <span className="controls-divider" aria-hidden="true" />
      {state.filters.map((filter, index) => (
        <FilterChip
          // Not by its operator: its editor stays open while that changes.
          key={`${filter.field} ${state.filters.slice(0, index).filter(({ field }) => field === filter.field).length}`}
          dataset={dataset}
          version={snapshot.version}
          filter={filter}
          onChange={(next, replaces, options) => change((now) => withFilter(now, next, replaces), options)}
          onRemove={() => change((now) => withoutFilter(now, filter))}
        />
      ))}
      <AddFilter dataset={dataset} version={snapshot.version} state={state} change={change} />
      {changed && (
        <button type="button" className="button button-quiet" onClick={() => change(() => defaultState(dataset))}>
          Reset
        </button>
      )}
    </div>
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
  readonly state: ExploreState;
  readonly change: Change;
}

function AddFilter({ dataset, version, state, change }: AddFilterProps) {
  const [field, setField] = useState<string | null>(null);
  const info = field === null ? undefined : dataset.field.get(field);
  return (
    <Dropdown title={info ? `Filter by ${info.label}` : 'Add a filter'} label="+ Add filter" className="button button-quiet">
      {() =>
        info ? (
          <FilterEditor
            key={info.name}
            field={info}
            version={version}
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

/** The filter that a field has already, so that adding to it does not overwrite it. */
function startOf(field: string, state: ExploreState): Filter {
  return state.filters.find((filter) => filter.field === field) ?? { field, operator: 'any', values: [] };
}
