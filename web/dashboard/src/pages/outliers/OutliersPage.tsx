// This morning's queue: what stands out among its peers, why, and what was done about it.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { asGatewayError, sentence } from '../../api/client';
import type { Dataset } from '../../api/dataset';
import { becameOf, countNew, type Entry, entriesOf, type Place, unlisted } from '../../api/outlierQueue';
import { type Handled, type OutlierList, useHandled, useOutliers, useVisit } from '../../api/outliers';
import { type Snapshot, useSession } from '../../api/session';
import { Failure, Placeholder } from '../../components/Panel';
import { Segments } from '../../components/Segments';
import { TakeButton } from '../../components/TakeButton';
import { WithSnapshot } from '../../components/WithSnapshot';
import { formatCount, formatDay } from '../../format';
import { t } from '../../language';
import { filtered, readShown, type Shown, type Tab, TABS, writeShown } from './address';
import { Earlier } from './Earlier';
import { Filters } from './Filters';
import { Queue } from './Queue';
import { Rules } from './Rules';
import { Unlisted } from './Unlisted';
import '../../components/Panel.css';
import '../../components/Segments.css';
import '../../components/Shell.css';
import '../../components/TakeButton.css';
import './OutliersPage.css';

export function OutliersPage() {
  return <WithSnapshot title={t('page.outliers')}>{(dataset, snapshot) => <Loaded dataset={dataset} snapshot={snapshot} />}</WithSnapshot>;
}

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { keeping } = useSession();
  const found = useOutliers();
  const handled = useHandled();
  const isKept = keeping?.isOn === true;
  const error = found.error ? asGatewayError(found.error) : null;
  return (
    <main className="page" id="main">
      <h1 className="outliers-title">{t('page.outliers')}</h1>
      {dataset.outliers === null ? (
        <p className="panel outliers-empty">{t('outliers.none')}</p>
      ) : found.data && (handled.data || !isKept) ? (
        <Listed dataset={dataset} snapshot={snapshot} list={found.data.outliers} handled={handled.data ?? null} isUpdating={found.isPlaceholderData} />
      ) : error?.code === 'INVALID_ARGUMENT' ? (
        <div className="panel outliers-empty">
          <p className="empty-title">{t('outliers.tooFew')}</p>
          <p>{sentence(error.message)}</p>
        </div>
      ) : (
        <div className="panel panel-start">
          {error !== null || handled.error ? (
            <Failure
              error={error ?? asGatewayError(handled.error)}
              retry={() => void (error === null ? handled.refetch() : found.refetch())}
              retrying={found.isFetching || handled.isFetching}
            />
          ) : (
            <Placeholder />
          )}
        </div>
      )}
    </main>
  );
}

interface ListedProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly list: OutlierList;
  /** Null where nothing can be kept. */
  readonly handled: Handled | null;
  readonly isUpdating: boolean;
}

function Listed({ dataset, snapshot, list, handled, isUpdating }: ListedProps) {
  const { keeping } = useSession();
  const shown = readShown(useSearch({ from: '/outliers' }));
  const navigate = useNavigate();
  const show = (part: Partial<Shown>) => void navigate({ to: '/outliers', search: writeShown({ ...shown, ...part }) });
  // What is new stays new while one looks at it.
  const [before] = useState(handled?.lastOutlierVisit ?? null);
  useVisit(snapshot.version, handled !== null && !isUpdating);
  const entries = entriesOf(list, handled, before);
  const became = becameOf(list, handled);
  const of = (place: Place) => entries.filter((entry) => entry.place === place);
  const counts: Readonly<Record<Tab, number>> = { open: of('open').length, acknowledged: of('acknowledged').length, muted: of('muted').length, earlier: became.length };
  const { tab } = shown;
  return (
    <>
      <p className="outliers-summary">
        {t('outliers.summary', {
          day: formatDay(list.lastDay),
          open: counts.open,
          fresh: countNew(entries),
          judged: formatCount(list.nJudged),
          left: formatCount(list.nNotJudged),
        })}
      </p>
      {handled === null && <p className="panel outliers-empty">{t('outliers.notKept', { hint: keeping?.hint ?? '' })}</p>}
      <section className={isUpdating ? 'panel updating' : 'panel'} aria-label={t('page.outliers')}>
        <header className="panel-head outliers-head">
          <Segments
            legend={t('outliers.which')}
            name="outliers"
            options={TABS.filter((id) => handled !== null || id === 'open' || id === 'earlier').map((id) => ({ id, label: t(`outliers.tab.${id}`, { n: formatCount(counts[id]) }) }))}
            value={tab}
            onChange={(id) => show({ tab: id })}
          />
          {tab !== 'earlier' && <Filters dataset={dataset} entries={of(tab)} shown={shown} hasVisit={before !== null} onChange={show} />}
          <TakeButton title={t('page.outliers')} answered={null} />
        </header>
        {tab === 'earlier' ? (
          <Earlier dataset={dataset} list={list} became={became} nNew={newSince(entries, list)} />
        ) : (
          <Queue
            key={tab}
            place={tab}
            dataset={dataset}
            snapshot={snapshot}
            list={list}
            entries={filtered(of(tab), shown, list.lastDay)}
            isFiltered={of(tab).length > 0}
            canKeep={handled !== null}
            onShowAll={() => show({ kind: null, since: null, group: null })}
          />
        )}
      </section>
      {handled !== null && (tab === 'acknowledged' || tab === 'muted') && <Unlisted place={tab} dataset={dataset} {...unlisted(entries, handled)} />}
      <Rules dataset={dataset} list={list} />
    </>
  );
}

function newSince(entries: readonly Entry[], { earlier }: OutlierList): number {
  return earlier ? entries.filter(({ outlier }) => outlier.since > earlier.day).length : 0;
}
