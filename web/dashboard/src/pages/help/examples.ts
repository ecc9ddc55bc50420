// Made-up numbers for the pictures of the page Help; the page says that they are.

import type { Point } from '../../components/chart/points';
import { formatDay, formatShortDay, type Value } from '../../format';

export function estimate(value: number, lower: number, upper: number): Value {
  return { value, lower, upper, exact: lower === upper, exactText: null, withheld: false };
}

/** A number of people, as a sketch counts them. */
export const COUNTED = estimate(12_340, 12_150, 12_532);

/** The rate of one piece of media, by what its interval holds. */
export const INTERVALS = [
  { name: 'counting', value: estimate(0.176, 0.175, 0.177), says: 'How far the sketch may be off. It gets no narrower with more people.' },
  { name: 'sampling', value: estimate(0.176, 0.16, 0.193), says: 'How far other people of the same kind might have been off. It narrows with more people.' },
  { name: 'combined', value: estimate(0.176, 0.159, 0.194), says: 'Both of these. Compare by this one.' },
] as const;

export interface Pair {
  readonly word: string;
  readonly one: Value;
  readonly other: Value;
  readonly says: string;
}

export const PAIRS: readonly Pair[] = [
  { word: 'higher (observational)', one: estimate(0.21, 0.2, 0.22), other: estimate(0.16, 0.15, 0.17), says: 'Far apart, whatever chance has done.' },
  { word: 'no difference', one: estimate(0.182, 0.179, 0.185), other: estimate(0.18, 0.177, 0.183), says: 'So close that nobody would do anything else.' },
  { word: 'too little data', one: estimate(0.21, 0.15, 0.27), other: estimate(0.17, 0.12, 0.22), says: 'It may be so, and it may be the other way round.' },
];

const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04', '2026-01-05', '2026-01-06', '2026-01-07'] as const;
const VALUES = [2_150, 2_260, 2_390, null, 2_140, 2_120, 1_480] as const;
const NOTES: Readonly<Record<string, string>> = { '2026-01-04': 'missing', '2026-01-07': 'provisional' };

export const TREND: readonly Point[] = DAYS.map((day, index) => {
  const value = VALUES[index] ?? null;
  const note = NOTES[day];
  return {
    short: formatShortDay(day),
    label: formatDay(day),
    value: value === null ? null : estimate(value, value * 0.985, value * 1.015),
    ...(note !== undefined && { note }),
    ...(day === '2026-01-02' && { marks: [{ number: 1, text: 'Premiere', isStart: true }] }),
  };
});
