// Shows the page's snapshot, how fresh it is, and whether the page would hear of a newer one.

import { sentence } from '../api/client';
import type { LinkState } from '../api/link';
import type { Snapshot } from '../api/session';
import { formatMoment, formatDay, formatRange, formatStandardErrors } from '../format';
import { rich, t } from '../language';
import './SnapshotBadge.css';

export type LinkWord = 'connecting' | 'live' | 'reconnecting' | 'stale' | 'down';

export function linkWord(link: LinkState, behind: Snapshot | null): LinkWord {
  if (!link.connected) return link.wasConnected ? 'reconnecting' : 'connecting';
  if (link.status === null) return 'connecting';
  if (link.status.state === 'DOWN') return 'down';
  return link.status.state === 'STALE' || behind !== null ? 'stale' : 'live';
}

interface SnapshotBadgeProps {
  readonly link: LinkState;
  readonly snapshot: Snapshot | null;
  readonly behind: Snapshot | null;
}

export function SnapshotBadge({ link, snapshot, behind }: SnapshotBadgeProps) {
  const word = linkWord(link, behind);
  const details = snapshot ? committedText(snapshot) : undefined;
  return (
    <p className={`badge badge-${word}`} title={details} role="status" aria-label={t('badge.label')} data-tour="snapshot">
      <span className="badge-dot" aria-hidden="true" />
      <span className="badge-word">{t(`badge.${word}`)}</span>{' '}
      {snapshot && (
        <>
          <span className="badge-part">{t('badge.snapshot', { version: String(snapshot.version) })}</span>{' '}
          {snapshot.lastDay !== null && (
            <span className="badge-part">{t('badge.through', { day: formatDay(snapshot.lastDay) })}</span>
          )}
          {snapshot.verification && <Verified verification={snapshot.verification} />}
        </>
      )}
      {link.status?.pin && <Pinned {...link.status.pin} versionsBehind={link.status.versionsBehind} />}
      {link.status?.refused && <Refused {...link.status.refused} />}
    </p>
  );
}

function committedText({ committedAt, nDays, nCells }: Snapshot): string {
  const values = { moment: formatMoment(committedAt), days: nDays };
  return nCells > 0 ? t('badge.committedCells', { ...values, cells: nCells }) : t('badge.committed', values);
}

interface PinnedProps {
  readonly version: number;
  readonly pinnedAt: string;
  readonly by: string;
  readonly reason: string;
  readonly versionsBehind: number;
}

/** Analysts who miss this morning's numbers have to see why they are missing. */
function Pinned({ version, pinnedAt, by, reason, versionsBehind }: PinnedProps) {
  const values = { version: String(version), person: by, moment: formatMoment(pinnedAt), behind: versionsBehind };
  return (
    <>
      {' '}
      <span className="badge-part badge-refused" title={reason === '' ? t('badge.pinnedTitle', values) : t('badge.pinnedWhy', { ...values, reason })}>
        {rich('badge.pinned', { person: by, by: <span className="badge-detail" /> })}
      </span>
    </>
  );
}

/** Unobtrusive, since the served snapshot is sound; the Status page says why a newer version was refused. */
function Refused({ version, reason }: { readonly version: number; readonly reason: string }) {
  return (
    <>
      {' '}
      <span className="badge-part badge-refused" title={sentence(reason)}>
        <span aria-hidden="true">!</span>
        <span className="badge-detail"> {t('badge.refused', { version: String(version) })}</span>
      </span>
    </>
  );
}

/** The outcome of the last exact recount: the line that says whether the numbers can be trusted. */
function Verified({ verification }: { readonly verification: NonNullable<Snapshot['verification']> }) {
  const { ok, nCompared, nMismatches, maxError, firstDay, lastDay, verifiedAt } = verification;
  const error = formatStandardErrors(maxError);
  const details = t('badge.recounted', { moment: formatMoment(verifiedAt), days: formatRange(firstDay, lastDay), error });
  return (
    <>
      {' '}
      {ok ? (
        <span className="badge-part" title={details}>
          {rich('badge.verified', { numbers: nCompared, error, detail: <span className="badge-detail" /> })}
        </span>
      ) : (
        <span className="badge-part badge-wrong" title={details}>
          {t('badge.wrong', { wrong: nMismatches, numbers: nCompared })}
        </span>
      )}
    </>
  );
}
