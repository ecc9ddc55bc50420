// What the table can show beside its measures, as data: its name in the address, its words in the list of columns, and
// what is asked of the gateway for it. How its cells look is in columns.tsx.

import type { Extra, OrderBy } from '../../api/generated';

interface BesideColumn {
  readonly label: string;
  readonly note: string;
  readonly extra: Extra;
  /** Whether it means something in a table of this order. */
  readonly fits: (orderBy: readonly OrderBy[]) => boolean;
}

export const BESIDES = {
  // Places are those by a measure.
  ranks: { label: 'Rank', note: 'the places that a group may have', extra: 'RANKS', fits: ([first]) => first?.measure != null },
  shares: { label: 'Share of all', note: 'of what adds up', extra: 'SHARES', fits: () => true },
} as const satisfies Record<string, BesideColumn>;

/** A column beside the measures. */
export type Shown = keyof typeof BESIDES;

export const SHOWN = Object.keys(BESIDES) as readonly Shown[];
