// What each verdict means, for first-time readers: docs/verdicts.md in short.

import type { VerdictWord } from '../../api/generated';
import type { Direction } from '../../format';

interface Said {
  /** How it is marked: by colour and sign, never without the words. */
  readonly direction: Direction;
  readonly says: string;
}

const OBSERVATIONAL = 'People were not assigned at random: recommendations chose who saw what, and more days do not change that.';
const BY_LOT = 'People were assigned at random, so the difference is caused by what they saw.';
const SURE = 'The interval of the difference excludes zero, however often somebody looks and for all rows of the page together.';
const LIKELY = 'The difference holds at 80 %: likely, but not settled.';

export const VERDICT_WORDS: Readonly<Record<VerdictWord, Said>> = {
  BETTER: { direction: 'up', says: `${SURE} ${BY_LOT}` },
  WORSE: { direction: 'down', says: `${SURE} ${BY_LOT}` },
  PROBABLY_BETTER: { direction: 'up', says: `${LIKELY} ${BY_LOT}` },
  PROBABLY_WORSE: { direction: 'down', says: `${LIKELY} ${BY_LOT}` },
  HIGHER: { direction: 'up', says: `${SURE} ${OBSERVATIONAL}` },
  LOWER: { direction: 'down', says: `${SURE} ${OBSERVATIONAL}` },
  PROBABLY_HIGHER: { direction: 'up', says: `${LIKELY} ${OBSERVATIONAL}` },
  PROBABLY_LOWER: { direction: 'down', says: `${LIKELY} ${OBSERVATIONAL}` },
  NO_DIFFERENCE: { direction: 'same', says: 'The whole interval lies below what the model calls worthwhile: the two are equally good.' },
  WITHIN_COUNTING_ERROR: { direction: 'same', says: 'The difference is no larger than the error of the sketches: more people do not help, a higher precision does.' },
  TOO_LITTLE_DATA: { direction: 'unknown', says: 'Nothing can be said yet: it takes at least ten common days, and thirty people on each side.' },
};

/** Each verdict once, for a list that explains all of them. */
export const VERDICTS_EXPLAINED: readonly { readonly words: string; readonly says: string }[] = [
  { words: 'higher, lower (observational)', says: VERDICT_WORDS.HIGHER.says },
  { words: 'better, worse', says: `In an experiment. ${VERDICT_WORDS.BETTER.says}` },
  { words: 'probably …', says: LIKELY },
  { words: 'no difference', says: VERDICT_WORDS.NO_DIFFERENCE.says },
  { words: 'within counting error', says: VERDICT_WORDS.WITHIN_COUNTING_ERROR.says },
  { words: 'too little data', says: VERDICT_WORDS.TOO_LITTLE_DATA.says },
];
