// Which of two snapshots is the newer one, and how the page goes from one to the next.

import type { SnapshotPartsFragment } from './generated';

export type Snapshot = SnapshotPartsFragment;

/**
 * Whether a snapshot was committed before another of the same lake: what a gateway or a replica tells that is behind.
 * A lake that was recreated counts from the beginning again, but later.
 */
export function isBehind(told: Snapshot, shown: Snapshot): boolean {
  return told.version < shown.version && Date.parse(told.committedAt) <= Date.parse(shown.committedAt);
}

/** The newest of what is known and what is told: a snapshot that was shown is never taken back. */
export function newestOf(known: Snapshot | null, told: Snapshot | null): Snapshot | null {
  if (known === null || told === null) return told ?? known;
  return isBehind(told, known) ? known : told;
}
