// Explore: filters, groups and measures; headline numbers, charts and a table, with their bounds.

import { lazy, Suspense } from 'react';
import type { Loaded as LoadedPanel } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { Placeholder } from '../../components/Panel';
import { WithSnapshot } from '../../components/WithSnapshot';
import { t } from '../../language';
import { AddressNotes } from './AddressNotes';
import { Controls } from './Controls';
import { Headline } from './Headline';
import { Notes } from './Notes';
import { TablePanel } from './TablePanel';
import { withDrawn } from './changes';
import { SmallGroups } from './SmallGroups';
import { UnknownValues } from './UnknownValues';
import { useExplore } from './useExplore';
import '../../components/Panel.css';
import '../../components/Shell.css';
import './ExplorePage.css';

const ViewBar = lazy(() => import('../views/ViewBar'));
const Charts = lazy(() => import('./Charts'));

export function ExplorePage() {
  return <WithSnapshot title={t('page.explore')}>{(dataset, snapshot) => <Loaded dataset={dataset} snapshot={snapshot} />}</WithSnapshot>;
}

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const explore = useExplore(dataset, snapshot);
  const { state, change, table, bars, trend, measure, problems, refusal } = explore;

  return (
    <main className="page" id="main">
      <h1 className="visually-hidden">{t('explore.heading', { dataset: dataset.name })}</h1>
      <Suspense fallback={<div className="no-bar" />}>
        <ViewBar />
      </Suspense>
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
      <SmallGroups loaded={table} />
      <div className="charts">
        <Suspense fallback={<NoCharts />}>
          <Charts
            trend={{ dataset, state, trend, announce: !failsAlike(trend.whole, table), change }}
            groups={{ dataset, state, loaded: bars, measure, change }}
          />
        </Suspense>
      </div>
      <TablePanel dataset={dataset} snapshot={snapshot} state={state} loaded={table} measure={measure} change={change} />
    </main>
  );
}

/** Reserves the height of the charts. */
function NoCharts() {
  return (
    <>
      <div className="panel no-chart">
        <Placeholder />
      </div>
      <div className="panel no-chart">
        <Placeholder />
      </div>
    </>
  );
}

/** Whether two panels fail for the same reason, which is then reported once. */
function failsAlike(one: LoadedPanel<unknown>, other: LoadedPanel<unknown>): boolean {
  return one.state === 'failed' && other.state === 'failed' && one.error.code === other.error.code;
}
