// The table with its heading, and what stands in its place when no group is left.

import { useCallback } from 'react';
import type { Answered, Loaded } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { isBusy, PanelBody } from '../../components/Panel';
import { formatCount } from '../../format';
import { keysOf } from './columns';
import { EmptyTable } from './EmptyTable';
import Grid from './Grid';
import { effectiveSort, type ExploreState } from './state';
import type { Change } from './useExplore';
import '../../components/Panel.css';
import './TablePanel.css';

interface TablePanelProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly loaded: Loaded<Answered>;
  readonly change: Change;
}

export function TablePanel({ dataset, snapshot, state, loaded, change }: TablePanelProps) {
  const sort = effectiveSort(state, dataset);
  const onSort = useCallback(
    (by: string) => {
      // A measure is first wanted with the largest on top, a key from its beginning.
      const first = state.groupBy.includes(by) ? 'ASC' : 'DESC';
      const other = first === 'ASC' ? 'DESC' : 'ASC';
      const direction = sort?.by === by && sort.direction === first ? other : first;
      change((now) => ({ ...now, sort: { by, direction } }), { replace: true });
    },
    [state.groupBy, sort, change],
  );
  return (
    <section className="panel panel-table" aria-label="Groups" aria-busy={isBusy(loaded)}>
      <header className="panel-head">
        <h2>Groups</h2>
        <span className="muted panel-note" role="status">
          {describe(loaded)}
        </span>
      </header>
      <PanelBody loaded={loaded}>
        {(data) =>
          data.answer.groupCount === 0 ? (
            <EmptyTable dataset={dataset} snapshot={snapshot} state={state} change={change} />
          ) : (
            <Grid dataset={dataset} data={data} sort={sort} label={gridLabel(data, dataset)} onSort={onSort} />
          )
        }
      </PanelBody>
    </section>
  );
}

function describe(loaded: Loaded<Answered>): string {
  if (loaded.state !== 'ready') return '';
  if (loaded.updating) return 'Updating…';
  const { groupCount } = loaded.data.answer;
  return groupCount === 1 ? '1 group' : `${formatCount(groupCount)} groups`;
}

function gridLabel(data: Answered, dataset: Dataset): string {
  const keys = keysOf(data, dataset);
  return keys.length > 0 ? `Measures by ${keys.map((key) => key.label).join(' and ')}` : 'Measures of everything';
}
