// Made-up numbers for the pictures of the page Help; the page says that they are.

import type { VerdictWord } from '../../api/generated';
import type { Point } from '../../components/chart/points';
import { formatDay, formatShortDay, type Value } from '../../format';
import { type BareKey, t } from '../../language';

export function estimate(value: number, lower: number, upper: number): Value {
  return { value, lower, upper, exact: lower === upper, exactText: null, withheld: false };
}

/** A number of people, as a sketch counts them. */
export const COUNTED = estimate(12_340, 12_150, 12_532);

/** The rate of one piece of media, by what its interval holds. */
export const INTERVALS = [
  { name: 'verdict.counting', value: estimate(0.176, 0.175, 0.177), says: 'help.counting' },
  { name: 'verdict.sampling', value: estimate(0.176, 0.16, 0.193), says: 'help.sampling' },
  { name: 'verdict.combined', value: estimate(0.176, 0.159, 0.194), says: 'help.combined' },
] as const;

export interface Pair {
  readonly word: VerdictWord;
  readonly one: Value;
  readonly other: Value;
  readonly says: BareKey;
}

export const PAIRS: readonly Pair[] = [
  { word: 'HIGHER', one: estimate(0.21, 0.2, 0.22), other: estimate(0.16, 0.15, 0.17), says: 'help.farApart' },
  { word: 'NO_DIFFERENCE', one: estimate(0.182, 0.179, 0.185), other: estimate(0.18, 0.177, 0.183), says: 'help.soClose' },
  { word: 'TOO_LITTLE_DATA', one: estimate(0.21, 0.15, 0.27), other: estimate(0.17, 0.12, 0.22), says: 'help.mayBe' },
];

const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04', '2026-01-05', '2026-01-06', '2026-01-07'] as const;
const VALUES = [2_150, 2_260, 2_390, null, 2_140, 2_120, 1_480] as const;
const NOTES: Readonly<Record<string, BareKey>> = { '2026-01-04': 'trend.missing', '2026-01-07': 'trend.provisional' };

export function trend(): readonly Point[] {
  return DAYS.map((day, index) => {
    const value = VALUES[index] ?? null;
    const note = NOTES[day];
    return {
      short: formatShortDay(day),
      label: formatDay(day),
      value: value === null ? null : estimate(value, value * 0.985, value * 1.015),
      ...(note !== undefined && { note: t(note) }),
      ...(day === '2026-01-02' && { marks: [{ number: 1, text: t('help.premiere'), isStart: true }] }),
    };
  });
}
