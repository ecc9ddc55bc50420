// Which outliers are still to be looked at. Days are compared as serving gives them, and nothing is counted but entries.

import type { Acknowledgement, EarlierOutlier, Handled, Mute, Outlier, OutlierKind, OutlierList, Visit } from './outliers';

/** What became of an outlier: nothing yet, acknowledged by somebody, or muted by oneself. */
export type Place = 'open' | 'acknowledged' | 'muted';

export interface Entry {
  readonly id: string;
  readonly outlier: Outlier;
  readonly place: Place;
  readonly acknowledgement: Acknowledgement | null;
  readonly mute: Mute | null;
  /** It was not on the list that was shown at the last visit. */
  readonly isNew: boolean;
}

export const entryId = ({ kind, value }: { readonly kind: OutlierKind; readonly value: string }) => `${kind} ${value}`;

/** A misleading one is a star by its rate, and listed as both: it is shown once, as what matters. */
function shownOnce<Listed extends { readonly kind: OutlierKind; readonly value: string }>(listed: readonly Listed[]): readonly Listed[] {
  const misleading = new Set(listed.filter(({ kind }) => kind === 'MISLEADING').map(({ value }) => value));
  return listed.filter(({ kind, value }) => kind !== 'STAR' || !misleading.has(value));
}

/** All entries of a list. `before` is the last visit, before the one of the page that is open. */
export function entriesOf(list: OutlierList, handled: Handled | null, before: Visit | null): readonly Entry[] {
  const seen = new Set(before?.listed.map(entryId));
  return shownOnce(list.outliers).map((outlier) => {
    const acknowledgement = acknowledgementOf(outlier, list.dimension, handled);
    const mute = muteOf(outlier, list, handled);
    const place = acknowledgement !== null ? 'acknowledged' : mute !== null ? 'muted' : 'open';
    const id = entryId(outlier);
    return { id, outlier, place, acknowledgement, mute, isNew: !seen.has(id) };
  });
}

/** How many nobody has acknowledged, and were not shown yet. */
export function countNew(entries: readonly Entry[]): number {
  return entries.filter(({ place, isNew }) => place === 'open' && isNew).length;
}

/** Acknowledged as long as it has been listed since without a gap; of one that was listed before the first day known, that is not known. */
function acknowledgementOf(outlier: Outlier, field: string, handled: Handled | null): Acknowledgement | null {
  const found = handled?.acknowledgements.acknowledgements.find(
    (one) => one.field === field && one.value === outlier.value && one.kind === outlier.kind && (outlier.orBefore || one.through >= outlier.since),
  );
  return found ?? null;
}

function muteOf(outlier: Outlier, { dimension, lastDay }: OutlierList, handled: Handled | null): Mute | null {
  const found = handled?.mutes.find((one) => mutes(one, dimension, outlier) && (one.until === null || one.until >= lastDay));
  return found ?? null;
}

function mutes({ field, value, kind }: Mute, dimension: string, outlier: Outlier): boolean {
  return field === dimension && value === outlier.value && (kind === null || kind === outlier.kind);
}

/** How an outlier of the earlier list fared. */
export type Fate = 'still' | 'turned' | 'gone';

const OPPOSITE: Readonly<Partial<Record<OutlierKind, OutlierKind>>> = { STAR: 'WEAK', WEAK: 'STAR', MISLEADING: 'WEAK' };

export interface Became {
  readonly outlier: EarlierOutlier;
  readonly fate: Fate;
  /** What was done about it while it was listed. */
  readonly acknowledgement: Acknowledgement | null;
}

export function becameOf({ dimension, earlier }: OutlierList, handled: Handled | null): readonly Became[] {
  if (earlier === null || earlier === undefined) return [];
  return shownOnce(earlier.outliers).map((outlier) => {
    const { kind, value, now, listedThrough } = outlier;
    const opposite = OPPOSITE[kind];
    const fate = now.includes(kind) ? 'still' : opposite !== undefined && now.includes(opposite) ? 'turned' : 'gone';
    const acknowledgement = handled?.acknowledgements.acknowledgements.find(
      (one) => one.field === dimension && one.value === value && one.kind === kind && one.since <= listedThrough,
    );
    return { outlier, fate, acknowledgement: acknowledgement ?? null };
  });
}

/** Acknowledgements and mutes of what is not listed. */
export function unlisted(entries: readonly Entry[], handled: Handled): { readonly acknowledgements: readonly Acknowledgement[]; readonly mutes: readonly Mute[] } {
  const used = new Set(entries.flatMap(({ acknowledgement, mute }) => [acknowledgement, mute]));
  return {
    acknowledgements: handled.acknowledgements.acknowledgements.filter((one) => !used.has(one)),
    mutes: handled.mutes.filter((one) => !used.has(one)),
  };
}
