// Shows the page's snapshot, how fresh it is, and whether the page would hear of a newer one.

import { sentence } from '../api/client';
import type { LinkState } from '../api/link';
import type { Snapshot } from '../api/session';
import { formatCount, formatMoment, formatDay, formatRange, formatStandardErrors } from '../format';
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
  const details = snapshot
    ? `Committed ${formatMoment(snapshot.committedAt)}; ${formatCount(snapshot.nDays)} days${snapshot.nCells > 0 ? `, ${formatCount(snapshot.nCells)} cells` : ''}`
    : undefined;
  return (
    <p className={`badge badge-${word}`} title={details} role="status" aria-label="Snapshot">
      <span className="badge-dot" aria-hidden="true" />
      <span className="badge-word">{word}</span>{' '}
      {snapshot && (
        <>
          <span className="badge-part">snapshot {snapshot.version}</span>{' '}
          {snapshot.lastDay !== null && (
            <span className="badge-part">data through {formatDay(snapshot.lastDay)}</span>
          )}
          {snapshot.verification && <Verified verification={snapshot.verification} />}
        </>
      )}
      {link.status?.pin && <Pinned {...link.status.pin} versionsBehind={link.status.versionsBehind} />}
      {link.status?.refused && <Refused {...link.status.refused} />}
    </p>
  );
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
  const why = reason === '' ? '' : `: ${reason}`;
  const newer = versionsBehind === 1 ? 'one version is newer' : `${formatCount(versionsBehind)} versions are newer`;
  return (
    <>
      {' '}
      <span className="badge-part badge-refused" title={`Snapshot ${version} is pinned by ${by} since ${formatMoment(pinnedAt)}${why}; ${newer}`}>
        pinned<span className="badge-detail"> by {by}</span>
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
        <span className="badge-detail"> version {version} refused</span>
      </span>
    </>
  );
}

/** The outcome of the last exact recount: the line that says whether the numbers can be trusted. */
function Verified({ verification }: { readonly verification: NonNullable<Snapshot['verification']> }) {
  const { ok, nCompared, nMismatches, maxError, firstDay, lastDay, verifiedAt } = verification;
  const details = `Recounted ${formatMoment(verifiedAt)} from the events of ${formatRange(firstDay, lastDay)}; the largest error of a distinct count was ${formatStandardErrors(maxError)}`;
  return (
    <>
      {' '}
      {ok ? (
        <span className="badge-part" title={details}>
          verified<span className="badge-detail">: {formatCount(nCompared)} numbers, errors up to {formatStandardErrors(maxError)}</span>
        </span>
      ) : (
        <span className="badge-part badge-wrong" title={details}>
          {formatCount(nMismatches)} of {formatCount(nCompared)} verified numbers are wrong
        </span>
      )}
    </>
  );
}
