// Which of two snapshots is newer, and when the page moves from one to the other.

import type { SnapshotPartsFragment, StatusPartsFragment } from './generated';

export type Snapshot = SnapshotPartsFragment;

/**
 * Whether a snapshot was committed before another one of the same lake, as a gateway or replica that is behind reports.
 * A recreated lake restarts its versions, but at a later time.
 */
export function isBehind(told: Snapshot, shown: Snapshot): boolean {
  return told.version < shown.version && Date.parse(told.committedAt) <= Date.parse(shown.committedAt);
}

/** Whether people decided against serving a snapshot: another one is pinned, or this one is marked as bad. */
export function isWithdrawn(shown: Snapshot, status: StatusPartsFragment | null): boolean {
  if (status?.pin) return status.pin.version !== shown.version;
  return status?.refused?.isMarkedBad === true && status.refused.version === shown.version;
}

/** The newer of the known and the reported snapshot. Only a decision of people takes back a snapshot that was shown. */
export function newestOf(known: Snapshot | null, status: StatusPartsFragment | null): Snapshot | null {
  const told = status?.snapshot ?? null;
  if (known === null || told === null) return told ?? known;
  return isBehind(told, known) && !isWithdrawn(known, status) ? known : told;
}
