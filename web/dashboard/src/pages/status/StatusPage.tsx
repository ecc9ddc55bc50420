// Whether the numbers can be trusted today: how fresh they are, which days there are, what the runs of the etl did and
// left out, and what an exact recount found.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { asGatewayError, ask } from '../../api/client';
import { RETRY_EVERY_MS, useCube } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { RecordsDocument, type RecordsQuery, RunsDocument } from '../../api/generated';
import type { LinkState } from '../../api/link';
import { type Snapshot, useSession } from '../../api/session';
import { Failure, Panel, Placeholder } from '../../components/Panel';
import { TakeButton } from '../../components/TakeButton';
import { WithSnapshot } from '../../components/WithSnapshot';
import { DAYS, formatCount, formatDay, formatMoment, formatRange, formatStandardErrors, formatValue, KINDS, PART, type Value } from '../../format';
import { t } from '../../language';
import { heldPart } from '../../heldPart';
import { MOST_ROWS } from '../explore/query';
import { Coverage } from './Coverage';
import { Refused } from './Refused';
import { Runs } from './Runs';
import { Snapshots } from './Snapshots';
import '../../components/Panel.css';
import '../../components/Shell.css';
import '../../components/TakeButton.css';
import './StatusPage.css';

export type Records = RecordsQuery;
export type LoadedRuns = ReturnType<typeof useRuns>;

export function StatusPage() {
  return <WithSnapshot title={t('page.status')}>{(dataset, snapshot) => <Loaded dataset={dataset} snapshot={snapshot} />}</WithSnapshot>;
}

/** The newest runs. A failed one leaves no snapshot to announce it, so they are polled; not by those who may not see them. */
function useRuns(version: number) {
  return useQuery({
    queryKey: ['runs', version],
    queryFn: ({ signal }) => ask(RunsDocument, {}, signal),
    refetchInterval: ({ state: { error } }) => (error === null ? 30_000 : isDenied(error) ? false : RETRY_EVERY_MS),
  });
}

const isDenied = (error: unknown) => asGatewayError(error).code === 'PERMISSION_DENIED';

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { link, behind, leave } = useSession();
  const { version } = snapshot;
  const records = useQuery({
    queryKey: ['records', version],
    queryFn: ({ signal }) => ask(RecordsDocument, {}, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? RETRY_EVERY_MS : 30_000),
  });
  const runs = useRuns(version);
  const isWithheld = snapshot.withheld || (runs.error !== null && isDenied(runs.error));
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
      <h1 className="status-title">{t('page.status')}</h1>
      <Sentence snapshot={snapshot} status={link.status} behind={behind !== null} />
      {isWithheld && <p className="status-withheld">{t('status.withheld')}</p>}
      <Figures snapshot={snapshot} records={records.data ?? null} runs={runs} isWithheld={isWithheld} />
      {query !== null && (
        <Panel title={t('status.days', { measure: counted?.label ?? '' })} loaded={days} className="panel-coverage">
          {(data) => <Coverage data={data} dataset={dataset} />}
        </Panel>
      )}
      {records.data ? (
        <div className="status-panels">
          <Runs loaded={runs} />
          <Snapshots records={records.data} shown={version} />
          <Refused versions={records.data.refusedSnapshots} />
          {!isWithheld && <Verification snapshot={snapshot} />}
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
  const through = snapshot.lastDay === null ? t('status.noData') : t('status.through', { day: formatDay(snapshot.lastDay) });
  const pin = status?.pin;
  if (status && pin?.version === status.snapshot?.version && pin) {
    const { reason } = pin;
    const values = { version: String(pin.version), person: pin.by, moment: formatMoment(pin.pinnedAt), n: status.versionsBehind };
    return (
      <p className="status-sentence">
        {through} {reason === '' ? t('status.pinned', values) : t('status.pinnedWhy', { ...values, reason })}
      </p>
    );
  }
  const word = status?.state === 'SERVING' && behind ? 'BEHIND' : status?.state;
  return (
    <p className="status-sentence">
      {through} {word === undefined ? '' : t(`status.state.${word}`)}
      {status?.isStuck && ` ${t('status.stuck')}`}
      {status?.projection && ` ${heldPart(status.projection)}`}
    </p>
  );
}

interface FiguresProps {
  readonly snapshot: Snapshot;
  readonly records: Records | null;
  readonly runs: LoadedRuns;
  readonly isWithheld: boolean;
}

function Figures({ snapshot, records, runs, isWithheld }: FiguresProps) {
  const last = runs.data?.runs[0];
  const quarantined = last?.rowsQuarantined ?? [];
  const unattributed = records?.snapshots.find(({ version }) => version === snapshot.version)?.unattributed ?? [];
  const newest = unattributed.toSorted((a, b) => (a.day < b.day ? -1 : 1)).at(-1);
  const { firstDay, lastDay, verification } = snapshot;
  const figures: readonly { readonly label: string; readonly value: string; readonly note: string; readonly ofLake?: true }[] = [
    { label: t('status.snapshot'), value: formatCount(snapshot.version), note: t('status.committed', { moment: formatMoment(snapshot.committedAt) }) },
    {
      label: t('status.nDays'),
      value: formatCount(snapshot.nDays),
      note: firstDay === null || lastDay === null ? t('words.none') : formatRange(firstDay, lastDay),
    },
    { label: t('status.cells'), value: formatCount(snapshot.nCells), note: t('status.allPeriods'), ofLake: true },
    {
      label: t('status.lastRun'),
      value: last ? t(`status.outcome.${last.outcome}`) : t('words.none'),
      note: last ? formatMoment(last.endedAt) : t('status.noRun'),
      ofLake: true,
    },
    {
      label: t('status.badRows'),
      value: quarantined.length === 0 ? t('words.none') : quarantined.map(({ nRows }) => formatCount(nRows)).join(', '),
      note: quarantined.length === 0 ? t('status.byLastRun') : quarantined.map(({ source }) => source).join(', '),
      ofLake: true,
    },
    {
      label: t('status.noTarget'),
      value: newest === undefined ? t('words.none') : formatCount(newest.rows),
      note: newest === undefined ? t('status.toBeCredited') : t('status.ofDay', { source: newest.source, day: formatDay(newest.day) }),
      ofLake: true,
    },
    {
      label: t('status.recount'),
      value: verification === null ? t('status.notMade') : verification.ok ? t('status.agrees') : t('status.wrong', { n: verification.nMismatches }),
      note: verification === null ? t('status.runVerify') : formatMoment(verification.verifiedAt),
      ofLake: true,
    },
  ];
  return (
    <section className="take-place" aria-label={t('status.figures')}>
      <div className="panel-body">
        <dl className="status-figures">
          {figures.map(({ label, value, note, ofLake }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="status-figure">{isWithheld && ofLake ? t('number.withheld') : value}</dd>
              <dd className="muted">{isWithheld && ofLake ? t('status.byRoles') : note}</dd>
            </div>
          ))}
        </dl>
      </div>
      <TakeButton title={t('status.figures')} answered={null} inCorner />
    </section>
  );
}

function Verification({ snapshot: { verification } }: { readonly snapshot: Snapshot }) {
  return (
    <section className="panel" aria-label={t('status.recount')}>
      <header className="panel-head">
        <h2>{t('status.recount')}</h2>
        <TakeButton title={t('status.recount')} answered={null} />
      </header>
      <div className="panel-body status-words">
        {verification === null ? (
          <p>{t('status.notRecounted')}</p>
        ) : (
          <>
            <p>
              <strong className={verification.ok ? 'status-good' : 'status-bad'}>
                {verification.ok ? t('status.allAgree') : t('status.someWrong', { n: verification.nMismatches })}
              </strong>
            </p>
            <p>
              {t('status.recounted', {
                n: verification.nCompared,
                days: formatRange(verification.firstDay, verification.lastDay),
                moment: formatMoment(verification.verifiedAt),
                error: formatStandardErrors(verification.maxError),
              })}
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
    <section className="panel" aria-label={t('status.bounds')}>
      <header className="panel-head">
        <h2>{t('status.bounds')}</h2>
        <TakeButton title={t('status.bounds')} answered={null} />
      </header>
      <div className="panel-body status-words">
        <p>{t('status.boundsText')}</p>
        {distinct.length > 0 && (
          <ul className="status-list">
            {distinct.map(({ name, label, relativeError }) => (
              <li key={name}>
                {t('status.standardError', { measure: label, error: formatValue(errorOf(relativeError), PART) })}
              </li>
            ))}
          </ul>
        )}
        <p className="muted">{t('status.chance')}</p>
      </div>
    </section>
  );
}
