// The keys of the table, as data: each says which row becomes the active one.

export interface Place {
  /** The active row; -1 if there is none. */
  readonly at: number;
  readonly last: number;
  readonly nInView: number;
}

const next = ({ at }: Place) => at + 1;
const previous = ({ at }: Place) => at - 1;

const GRID_KEYS: Readonly<Record<string, (place: Place) => number>> = {
  ArrowDown: next,
  j: next,
  ArrowUp: previous,
  k: previous,
  PageDown: ({ at, nInView }) => Math.max(0, at) + nInView,
  PageUp: ({ at, nInView }) => at - nInView,
  Home: () => 0,
  End: ({ last }) => last,
};

/** The row that a key leads to; null where the table does not use the key. */
export function rowAfter(key: string, place: Place): number | null {
  if (!Object.hasOwn(GRID_KEYS, key)) return null;
  const target = GRID_KEYS[key]?.(place) ?? 0;
  return Math.max(0, Math.min(place.last, target));
}
