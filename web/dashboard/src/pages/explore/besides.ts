// The columns that the table can show besides its measures, as data: their names in the address, the keys of their words in the
// list of columns, and what they ask of the gateway. Their cells are in columns.tsx.

import type { Extra, OrderBy } from '../../api/generated';
import { type BareKey } from '../../language';

interface BesideColumn {
  readonly label: BareKey;
  readonly note: BareKey;
  readonly extra: Extra;
  /** Whether it has a meaning in a table of this order. */
  readonly fits: (orderBy: readonly OrderBy[]) => boolean;
}

export const BESIDES = {
  // Ranks are by a measure.
  ranks: { label: 'table.rank', note: 'table.ranksAbout', extra: 'RANKS', fits: ([first]) => first?.measure != null },
  shares: { label: 'table.shares', note: 'table.sharesAbout', extra: 'SHARES', fits: () => true },
} as const satisfies Record<string, BesideColumn>;

/** A column besides the measures. */
export type Shown = keyof typeof BESIDES;

export const SHOWN = Object.keys(BESIDES) as readonly Shown[];
