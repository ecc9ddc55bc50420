// Explore: filter, group and measure; headline numbers, charts and a table with their bounds.

import { useEffect } from 'react';
import type { Loaded as LoadedPanel } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { sentence } from '../../api/client';
import { type Snapshot, useSession } from '../../api/session';
import { Failure, Placeholder } from '../../components/Panel';
import { AddressNotes } from './AddressNotes';
import { Controls, loadEditors } from './Controls';
import { GroupsPanel } from './GroupsPanel';
import { Headline } from './Headline';
import { Notes } from './Notes';
import { TablePanel } from './TablePanel';
import { TrendPanel } from './TrendPanel';
import { withDrawn } from './state';
import { UnknownValues } from './UnknownValues';
import { useExplore } from './useExplore';
import '../../components/Panel.css';
import '../../components/Shell.css';
import './ExplorePage.css';

export function ExplorePage() {
  const { dataset, snapshot, error, retry, link } = useSession();
  useEffect(() => {
    document.title = dataset ? `Explore · ${dataset.name} · Clio` : 'Explore · Clio';
  }, [dataset]);

  if (!dataset) {
    return (
      <main className="page" id="main">
        <h1 className="visually-hidden">Explore</h1>
        <div className="panel panel-start">
          {error ? <Failure error={error} retry={retry} retrying={false} /> : <Placeholder />}
        </div>
      </main>
    );
  }
  if (!snapshot) {
    return (
      <main className="page" id="main">
        <h1 className="visually-hidden">Explore</h1>
        <div className="panel panel-start">
          <div className="panel-body empty" role="status">
            <p className="empty-title">Serving holds no snapshot yet.</p>
            <p>{sentence(link.status?.message ?? 'the page fills by itself when the first one is published')}</p>
          </div>
        </div>
      </main>
    );
  }
  return <Loaded dataset={dataset} snapshot={snapshot} />;
}

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const explore = useExplore(dataset, snapshot);
  const { state, change, table, trend, measure, problems, refusal } = explore;

  // The editors are not needed for the first picture, but are for the first click.
  const ready = table.state === 'ready';
  useEffect(() => {
    if (ready) void loadEditors();
  }, [ready]);

  return (
    <main className="page" id="main">
      <h1 className="visually-hidden">Explore {dataset.name}</h1>
      <AddressNotes problems={problems} refusal={refusal} />
      <Controls dataset={dataset} snapshot={snapshot} state={state} change={change} />
      <Headline
        dataset={dataset}
        loaded={table}
        measure={measure}
        onChoose={(chosen) => change((now) => withDrawn(now, chosen, dataset), { replace: true })}
      />
      <Notes dataset={dataset} loaded={table} />
      <UnknownValues dataset={dataset} loaded={table} change={change} />
      <div className="charts">
        <TrendPanel dataset={dataset} loaded={trend} announce={!failsAlike(trend, table)} />
        <GroupsPanel dataset={dataset} loaded={table} measure={measure} />
      </div>
      <TablePanel dataset={dataset} snapshot={snapshot} state={state} loaded={table} change={change} />
    </main>
  );
}

/** Whether two panels fail with one cause, which is then told once. */
function failsAlike(one: LoadedPanel<unknown>, other: LoadedPanel<unknown>): boolean {
  return one.state === 'failed' && other.state === 'failed' && one.error.code === other.error.code;
}
