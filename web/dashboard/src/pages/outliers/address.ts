// What the page of outliers shows, as its address says it. What cannot be read is as if it were not there.

import type { Entry } from '../../api/outlierQueue';
import type { OutlierKind } from '../../api/outliers';
import { addDays } from '../../format';
import { escapeValue, type RawSearch } from '../../search';

export const TABS = ['open', 'acknowledged', 'muted', 'earlier'] as const;
export type Tab = (typeof TABS)[number];

export const KINDS_OF_OUTLIERS = ['MISLEADING', 'FATIGUE', 'STAR', 'WEAK'] as const satisfies readonly OutlierKind[];

export const SINCE = ['visit', '1', '7'] as const;
export type Since = (typeof SINCE)[number];

export interface Shown {
  readonly tab: Tab;
  readonly kind: OutlierKind | null;
  readonly since: Since | null;
  /** A group of peers, by `groupOf`. */
  readonly group: string | null;
}

function oneOf<Word extends string>(words: readonly Word[], text: string | undefined): Word | null {
  return words.find((word) => word === text) ?? null;
}

export function readShown(search: RawSearch): Shown {
  return {
    tab: oneOf(TABS, search['tab']) ?? 'open',
    kind: oneOf(KINDS_OF_OUTLIERS, search['kind']?.toUpperCase()),
    since: oneOf(SINCE, search['since']),
    group: search['peers'] ?? null,
  };
}

export function writeShown({ tab, kind, since, group }: Shown): RawSearch {
  return {
    ...(tab !== 'open' && { tab }),
    ...(kind !== null && { kind: kind.toLowerCase() }),
    ...(since !== null && { since }),
    ...(group !== null && { peers: group }),
  };
}

/** What the peers of an outlier have in common, as a text. */
export function groupOf({ outlier }: Entry): string {
  return outlier.peers.map(({ value }) => escapeValue(value ?? null)).join(',');
}

/** The entries that pass the filters; days count back from the last one of the list. */
export function filtered(entries: readonly Entry[], { kind, since, group }: Shown, lastDay: string): readonly Entry[] {
  const first = since === null || since === 'visit' ? null : addDays(lastDay, 1 - Number(since));
  return entries.filter(
    (entry) =>
      (kind === null || entry.outlier.kind === kind) &&
      (group === null || groupOf(entry) === group) &&
      (since !== 'visit' || entry.isNew) &&
      (first === null || (entry.outlier.since >= first && !entry.outlier.orBefore)),
  );
}
