// The keys of a chart, as data: each says to which point the slider moves.

export interface Place {
  readonly at: number;
  readonly last: number;
}

const next = ({ at }: Place) => at + 1;
const previous = ({ at }: Place) => at - 1;
/** A tenth of the chart. */
const page = ({ last }: Place) => Math.max(1, Math.round(last / 10));

const CHART_KEYS: Readonly<Record<string, (place: Place) => number>> = {
  ArrowRight: next,
  ArrowUp: next,
  ArrowLeft: previous,
  ArrowDown: previous,
  PageUp: (place) => place.at + page(place),
  PageDown: (place) => place.at - page(place),
  Home: () => 0,
  End: ({ last }) => last,
};

/** The point that a key leads to; null where the chart does not use the key. */
export function positionAfter(key: string, place: Place): number | null {
  if (!Object.hasOwn(CHART_KEYS, key)) return null;
  const target = CHART_KEYS[key]?.(place) ?? 0;
  return Math.max(0, Math.min(place.last, target));
}
