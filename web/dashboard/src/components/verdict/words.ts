// What each verdict means, for first-time readers: docs/verdicts.md in short.

import type { CellValue } from '../../api/cube';
import type { VerdictWord } from '../../api/generated';
import type { Direction } from '../../format';
import { type BareKey, t } from '../../language';

interface Said {
  /** How it is marked: by colour and sign, never without the words. */
  readonly direction: Direction;
  /** The key of a text. */
  readonly says: BareKey;
}

export const VERDICT_WORDS: Readonly<Record<VerdictWord, Said>> = {
  BETTER: { direction: 'up', says: 'verdict.sureByLot' },
  WORSE: { direction: 'down', says: 'verdict.sureByLot' },
  PROBABLY_BETTER: { direction: 'up', says: 'verdict.likelyByLot' },
  PROBABLY_WORSE: { direction: 'down', says: 'verdict.likelyByLot' },
  HIGHER: { direction: 'up', says: 'verdict.sureObserved' },
  LOWER: { direction: 'down', says: 'verdict.sureObserved' },
  PROBABLY_HIGHER: { direction: 'up', says: 'verdict.likelyObserved' },
  PROBABLY_LOWER: { direction: 'down', says: 'verdict.likelyObserved' },
  NO_DIFFERENCE: { direction: 'same', says: 'verdict.noDifference' },
  WITHIN_COUNTING_ERROR: { direction: 'same', says: 'verdict.withinCounting' },
  TOO_LITTLE_DATA: { direction: 'unknown', says: 'verdict.tooLittle' },
};

/** A verdict in the words that stand in tables: "probably higher (observational)". */
export function verdictWords(word: VerdictWord): string {
  return t(`verdict.word.${word}`);
}

/** Why a rate has no sampling interval; null where it has one. */
export function whyNone(intervals: CellValue['intervals']): string | null {
  const basis = intervals?.basis;
  return basis === 'NO_RATE' || basis === 'FEW_DAYS' || basis === 'NOBODY' ? t(`verdict.why.${basis}`) : null;
}

/** Each verdict once, for a list that explains all of them. */
export function verdictsExplained(): readonly { readonly words: string; readonly says: string }[] {
  return [
    { words: t('verdict.explained.higher'), says: t('verdict.sureObserved') },
    { words: t('verdict.explained.better'), says: t('verdict.explained.betterSays', { says: t('verdict.sureByLot') }) },
    { words: t('verdict.explained.probably'), says: t('verdict.likely') },
    { words: t('verdict.word.NO_DIFFERENCE'), says: t('verdict.noDifference') },
    { words: t('verdict.word.WITHIN_COUNTING_ERROR'), says: t('verdict.withinCounting') },
    { words: t('verdict.word.TOO_LITTLE_DATA'), says: t('verdict.tooLittle') },
  ];
}
