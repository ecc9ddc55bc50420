// What differs from one kind of measure to another. A new kind is a new entry, which the compiler asks for: nothing
// outside this file compares kinds (kinds.test.ts).

import type { MeasureFormat, MeasureKind } from '../api/generated';
import type { Value } from './number';

interface KindTraits {
  /** What it is a whole number of; null where it may have decimals. People are counted by sketches, so theirs is an estimate. */
  readonly counts: 'events' | 'people' | null;
  /** Whether a group has a share of the total. Where it has none, the total is what groups are held against. */
  readonly hasShares: boolean;
  /** Whether one that is shown in percent is a rate of which serving may give verdicts. */
  readonly mayHaveVerdicts: boolean;
}

export const KINDS = {
  COUNT: { counts: 'events', hasShares: true, mayHaveVerdicts: false },
  SUM: { counts: null, hasShares: true, mayHaveVerdicts: false },
  DISTINCT: { counts: 'people', hasShares: true, mayHaveVerdicts: false },
  QUANTILE: { counts: null, hasShares: false, mayHaveVerdicts: false },
  DERIVED: { counts: null, hasShares: false, mayHaveVerdicts: true },
} as const satisfies Readonly<Record<MeasureKind, KindTraits>>;

/** The total that groups are held against; null where they have shares of it, so that it is larger than each of them. */
export function referenceOf({ kind }: { readonly kind: MeasureKind }, total: Pick<Value, 'value'> | null | undefined): number | null {
  return KINDS[kind].hasShares ? null : (total?.value ?? null);
}

interface Style {
  readonly kind: MeasureKind;
  readonly format: MeasureFormat;
}

/** A whole number that is no measure of the dataset. */
export const WHOLE = { kind: 'COUNT', format: 'NUMBER' } as const satisfies Style;
/** A number of people that is no measure of the dataset. */
export const PEOPLE = { kind: 'DISTINCT', format: 'NUMBER' } as const satisfies Style;
/** A number that is no measure of the dataset. */
export const PLAIN = { kind: 'DERIVED', format: 'NUMBER' } as const satisfies Style;
/** A part of a whole that is no measure of the dataset. */
export const PART = { kind: 'DERIVED', format: 'PERCENT' } as const satisfies Style;
/** A time in seconds that is no measure of the dataset. */
export const DURATION = { kind: 'SUM', format: 'SECONDS' } as const satisfies Style;
