// Whether the numbers can be trusted today: how fresh they are, which days there are, what the runs of the etl did and
// left out, and what an exact recount found.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { asGatewayError, ask } from '../../api/client';
import { RETRY_EVERY_MS, useCube } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { RecordsDocument, type RecordsQuery } from '../../api/generated';
import type { LinkState } from '../../api/link';
import { type Snapshot, useSession } from '../../api/session';
import { Failure, Panel, Placeholder } from '../../components/Panel';
import { TakeButton } from '../../components/TakeButton';
import { WithSnapshot } from '../../components/WithSnapshot';
import { DAYS, formatCount, formatDay, formatMoment, formatRange, formatStandardErrors, formatValue, KINDS, PART, type Value } from '../../format';
import { MOST_ROWS } from '../explore/query';
import { Coverage } from './Coverage';
import { OUTCOMES } from './outcomes';
import { Refused } from './Refused';
import { Runs } from './Runs';
import { Snapshots } from './Snapshots';
import '../../components/Panel.css';
import '../../components/Shell.css';
import '../../components/TakeButton.css';
import './StatusPage.css';

export type Records = RecordsQuery;

export function StatusPage() {
  return <WithSnapshot title="Status">{(dataset, snapshot) => <Loaded dataset={dataset} snapshot={snapshot} />}</WithSnapshot>;
}

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { link, behind, leave } = useSession();
  const { version } = snapshot;
  // A failed run leaves no snapshot to announce it, so the records are polled.
  const records = useQuery({
    queryKey: ['records', version],
    queryFn: ({ signal }) => ask(RecordsDocument, {}, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? RETRY_EVERY_MS : 30_000),
  });
  const counted = dataset.measures.find((measure) => KINDS[measure.kind].counts === 'events') ?? dataset.measures[0];
  const day = dataset.timeKeys.find(({ grain }) => grain === DAYS);
  const query = useMemo(
    () =>
      counted && day
        ? { groupBy: [day.enumName], measures: [counted.enumName], orderBy: [{ key: day.enumName, direction: 'DESC' as const }], limit: MOST_ROWS, offset: 0 }
        : null,
    [counted, day],
  );
  const days = useCube(version, query, leave);
  return (
    <main className="page" id="main">
      <h1 className="status-title">Status</h1>
      <Sentence snapshot={snapshot} status={link.status} behind={behind !== null} />
      <Figures snapshot={snapshot} records={records.data ?? null} />
      {query !== null && (
        <Panel title={`Days: ${counted?.label ?? ''}`} loaded={days} className="panel-coverage">
          {(data) => <Coverage data={data} dataset={dataset} />}
        </Panel>
      )}
      {records.data ? (
        <div className="status-panels">
          <Runs records={records.data} />
          <Snapshots records={records.data} shown={version} />
          <Refused versions={records.data.refusedSnapshots} />
          <Verification snapshot={snapshot} />
          <ErrorModel dataset={dataset} />
        </div>
      ) : (
        <div className="panel panel-start">
          {records.error ? (
            <Failure error={asGatewayError(records.error)} retry={() => void records.refetch()} retrying={records.isFetching} />
          ) : (
            <Placeholder />
          )}
        </div>
      )}
    </main>
  );
}

interface SentenceProps {
  readonly snapshot: Snapshot;
  readonly status: LinkState['status'];
  readonly behind: boolean;
}

/** What readers want to know first. */
function Sentence({ snapshot, status, behind }: SentenceProps) {
  const through = snapshot.lastDay === null ? 'There is no data yet.' : `There is data through ${formatDay(snapshot.lastDay)}.`;
  const pin = status?.pin;
  if (status && pin?.version === status.snapshot?.version && pin) {
    const why = pin.reason === '' ? '' : ` (${pin.reason})`;
    return (
      <p className="status-sentence">
        {through} Snapshot {pin.version} is pinned by {pin.by} since {formatMoment(pin.pinnedAt)}
        {why}; newer versions: {formatCount(status.versionsBehind)}.
      </p>
    );
  }
  const serving = {
    SERVING: behind ? 'The query service is behind this page.' : 'The newest snapshot is served.',
    STALE: 'A newer snapshot could not be loaded; the last good one is served.',
    DOWN: 'The query service is down; this page keeps what it shows.',
  };
  return (
    <p className="status-sentence">
      {through} {status === null ? '' : serving[status.state]}
      {status?.isStuck && ' This has lasted unusually long: whoever runs the service should look into it.'}
    </p>
  );
}

function Figures({ snapshot, records }: { readonly snapshot: Snapshot; readonly records: Records | null }) {
  const last = records?.runs[0];
  const quarantined = last?.rowsQuarantined ?? [];
  const unattributed = records?.snapshots.find(({ version }) => version === snapshot.version)?.unattributed ?? [];
  const newest = unattributed.toSorted((a, b) => (a.day < b.day ? -1 : 1)).at(-1);
  const { firstDay, lastDay, verification } = snapshot;
  const figures: readonly { readonly label: string; readonly value: string; readonly note: string }[] = [
    { label: 'Snapshot', value: formatCount(snapshot.version), note: `committed ${formatMoment(snapshot.committedAt)}` },
    {
      label: 'Days',
      value: formatCount(snapshot.nDays),
      note: firstDay === null || lastDay === null ? 'none' : formatRange(firstDay, lastDay),
    },
    { label: 'Cells', value: formatCount(snapshot.nCells), note: 'of all periods' },
    {
      label: 'Last run',
      value: last ? OUTCOMES[last.outcome] : 'none',
      note: last ? formatMoment(last.endedAt) : 'no run has ended yet',
    },
    {
      label: 'Bad rows left out',
      value: quarantined.length === 0 ? 'none' : quarantined.map(({ nRows }) => formatCount(nRows)).join(', '),
      note: quarantined.length === 0 ? 'by the last run' : quarantined.map(({ source }) => source).join(', '),
    },
    {
      label: 'Without a target',
      value: newest === undefined ? 'none' : formatCount(newest.rows),
      note: newest === undefined ? 'among events to be credited' : `${newest.source}, ${formatDay(newest.day)}`,
    },
    {
      label: 'Recount',
      value: verification === null ? 'not made' : verification.ok ? 'agrees' : `${formatCount(verification.nMismatches)} wrong`,
      note: verification === null ? 'run clio etl verify' : formatMoment(verification.verifiedAt),
    },
  ];
  return (
    <section className="take-place" aria-label="Figures">
      <div className="panel-body">
        <dl className="status-figures">
          {figures.map(({ label, value, note }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="status-figure">{value}</dd>
              <dd className="muted">{note}</dd>
            </div>
          ))}
        </dl>
      </div>
      <TakeButton title="Figures" answered={null} inCorner />
    </section>
  );
}

function Verification({ snapshot: { verification } }: { readonly snapshot: Snapshot }) {
  return (
    <section className="panel" aria-label="Recount">
      <header className="panel-head">
        <h2>Recount</h2>
        <TakeButton title="Recount" answered={null} />
      </header>
      <div className="panel-body status-words">
        {verification === null ? (
          <p>No days of this snapshot have been recounted from its sources yet.</p>
        ) : (
          <>
            <p>
              <strong className={verification.ok ? 'status-good' : 'status-bad'}>
                {verification.ok ? '✓ All numbers agree' : `✕ ${formatCount(verification.nMismatches)} numbers are wrong`}
              </strong>
            </p>
            <p>
              {formatCount(verification.nCompared)} numbers of {formatRange(verification.firstDay, verification.lastDay)} were recounted
              exactly on {formatMoment(verification.verifiedAt)}. The largest error of a distinct count was{' '}
              {formatStandardErrors(verification.maxError)}.
            </p>
          </>
        )}
      </div>
    </section>
  );
}

function errorOf(value: number | null): Value {
  return { value, lower: null, upper: null, exact: true, exactText: null, withheld: false };
}

function ErrorModel({ dataset }: { readonly dataset: Dataset }) {
  const distinct = dataset.measures.filter((measure) => KINDS[measure.kind].counts === 'people' && measure.relativeError !== null);
  return (
    <section className="panel" aria-label="What the bounds mean">
      <header className="panel-head">
        <h2>What the bounds mean</h2>
        <TakeButton title="What the bounds mean" answered={null} />
      </header>
      <div className="panel-body status-words">
        <p>
          Counts of events and sums are exact. People are counted by sketches: their bounds contain the true number in 95 of 100 cases, and small
          groups are counted one by one. Rates carry the errors of the measures that they are made of. Quantiles are certain to lie within their
          bounds.
        </p>
        {distinct.length > 0 && (
          <ul className="status-list">
            {distinct.map(({ name, label, relativeError }) => (
              <li key={name}>
                {label}: one standard error is {formatValue(errorOf(relativeError), PART)} of the number.
              </li>
            ))}
          </ul>
        )}
        <p className="muted">Which people came is chance too; these bounds do not cover that.</p>
      </div>
    </section>
  );
}
