// The columns that the table can show besides its measures, as data: their names in the address, their words in the list
// of columns, and what they ask of the gateway. Their cells are in columns.tsx.

import type { Extra, OrderBy } from '../../api/generated';

interface BesideColumn {
  readonly label: string;
  readonly note: string;
  readonly extra: Extra;
  /** Whether it has a meaning in a table of this order. */
  readonly fits: (orderBy: readonly OrderBy[]) => boolean;
}

export const BESIDES = {
  // Ranks are by a measure.
  ranks: { label: 'Rank', note: 'the ranks that a group may have', extra: 'RANKS', fits: ([first]) => first?.measure != null },
  shares: { label: 'Share of all', note: 'of counts and sums', extra: 'SHARES', fits: () => true },
} as const satisfies Record<string, BesideColumn>;

/** A column besides the measures. */
export type Shown = keyof typeof BESIDES;

export const SHOWN = Object.keys(BESIDES) as readonly Shown[];
