// Which of two snapshots is the newer one, and how the page goes from one to the next.

import type { SnapshotPartsFragment, StatusPartsFragment } from './generated';

export type Snapshot = SnapshotPartsFragment;

/**
 * Whether a snapshot was committed before another of the same lake: what a gateway or a replica tells that is behind.
 * A lake that was recreated counts from the beginning again, but later.
 */
export function isBehind(told: Snapshot, shown: Snapshot): boolean {
  return told.version < shown.version && Date.parse(told.committedAt) <= Date.parse(shown.committedAt);
}

/** Whether people have decided that a snapshot is not to be served: another one is pinned, or it is marked as bad. */
export function isWithdrawn(shown: Snapshot, status: StatusPartsFragment | null): boolean {
  if (status?.pin) return status.pin.version !== shown.version;
  return status?.refused?.isMarkedBad === true && status.refused.version === shown.version;
}

/** The newest of what is known and what is told: a snapshot that was shown is taken back by people alone. */
export function newestOf(known: Snapshot | null, status: StatusPartsFragment | null): Snapshot | null {
  const told = status?.snapshot ?? null;
  if (known === null || told === null) return told ?? known;
  return isBehind(told, known) && !isWithdrawn(known, status) ? known : told;
}
