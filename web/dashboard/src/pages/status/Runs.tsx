// The runs of the etl that have ended, newest first: what each rebuilt, how its steps went, and why it failed.

import { asGatewayError, sentence } from '../../api/client';
import type { RunsQuery } from '../../api/generated';
import { Details } from '../../components/Details';
import { Failure, Placeholder } from '../../components/Panel';
import { DURATION, formatCount, formatDays, formatMoment, formatValue } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import type { LoadedRuns } from './StatusPage';
import '../../components/Panel.css';
import './Runs.css';

type Run = RunsQuery['runs'][number];

export function Runs({ loaded }: { readonly loaded: LoadedRuns }) {
  const error = loaded.error ? asGatewayError(loaded.error) : null;
  const runs = loaded.data?.runs;
  return (
    <section className="panel" aria-label={t('status.runs')}>
      <header className="panel-head">
        <h2>{t('status.runs')}</h2>
        <span className="muted panel-note">{t('status.newestFirst')}</span>
        <TakeButton title={t('status.runs')} answered={null} />
      </header>
      {error?.code === 'PERMISSION_DENIED' ? (
        <p className="panel-hint">{sentence(error.message)}</p>
      ) : error !== null && runs === undefined ? (
        <Failure error={error} retry={() => void loaded.refetch()} retrying={loaded.isFetching} />
      ) : runs === undefined ? (
        <Placeholder />
      ) : (
        <div className="panel-body runs-frame" role="group" aria-label={t('status.runsNewest')} tabIndex={0}>
          {runs.length === 0 && <p className="panel-hint">{t('status.noRuns')}</p>}
          <ol className="runs">
            {runs.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}

function RunRow({ run }: { readonly run: Run }) {
  const { outcome, days, rowsIn, rowsQuarantined, leftOut } = run;
  const failed = outcome === 'FAILED' || outcome === 'DIED';
  return (
    <li className={failed ? 'run run-failed' : 'run'}>
      <p className="run-head">
        <strong>{failed ? '✕' : '✓'} {t(`status.outcome.${outcome}`)}</strong>
        <span>{formatMoment(run.startedAt)}</span>
        <span className="muted">{t('status.took', { time: tookOf(run.startedAt, run.endedAt) })}</span>
        {run.snapshot !== null && <span className="muted">{t('status.runSnapshot', { version: String(run.snapshot) })}</span>}
        <span className="muted">{days.length === 0 ? t('status.noRunDays') : t('status.runDays', { n: days.length, days: formatDays(rangesOf(days)) })}</span>
      </p>
      <ol className="run-steps" aria-label={t('status.steps')}>
        {run.steps.map((step) => (
          <li
            // A step may be repeated.
            key={`${step.step} ${step.startedAt}`}
            className={step.endedAt === null ? 'run-step run-step-failed' : step.nAttempts > 1 ? 'run-step run-step-again' : 'run-step'}
            title={step.nAttempts > 1 ? t('status.stepTried', { n: step.nRows, times: step.nAttempts }) : t('status.stepRows', { n: step.nRows })}
          >
            {step.step}
            {step.endedAt === null ? ' ✕' : ''}
            <span className="muted"> {step.endedAt === null ? t('status.notFinished') : tookOf(step.startedAt, step.endedAt)}</span>
          </li>
        ))}
      </ol>
      <p className="muted run-rows">
        {rowsOf(rowsIn) || t('status.noEventsRead')}
        {rowsQuarantined.length > 0 && `; ${t('status.leftOut', { rows: rowsOf(rowsQuarantined) })}`}
        {leftOut.length > 0 && `; ${t('status.skipped', { files: leftOut.map(({ table, nFiles }) => t('status.filesOf', { n: nFiles, table })).join(', ') })}`}
      </p>
      <Details text={run.error ?? (run.steps.map(({ error }) => error).find((error) => error !== null) || null)} />
    </li>
  );
}

function rowsOf(counts: Run['rowsIn']): string {
  return counts.map(({ source, nRows }) => t('status.rowsOf', { rows: formatCount(nRows), source })).join(', ');
}

/** Consecutive days as ranges. */
function rangesOf(days: readonly string[]): { from: string; to: string }[] {
  const ranges: { from: string; to: string }[] = [];
  for (const day of days.toSorted()) {
    const last = ranges.at(-1);
    const next = last === undefined ? null : new Date(Date.parse(`${last.to}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    if (last && next === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

function tookOf(from: string, to: string): string {
  const value = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  return formatValue({ value, lower: null, upper: null, exact: true, exactText: null, withheld: false }, DURATION);
}
