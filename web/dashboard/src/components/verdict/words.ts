// What each verdict says, for who meets it for the first time: docs/verdicts.md in short.

import type { VerdictWord } from '../../api/generated';
import type { Direction } from '../../format';

interface Said {
  /** How it is marked: colour and sign, never alone. */
  readonly direction: Direction;
  readonly says: string;
}

const OBSERVATIONAL = 'People were not assigned by lot: recommendations chose who saw what, and no number of days removes that.';
const BY_LOT = 'People were assigned by lot, so what differs is the cause.';
const SURE = 'The interval of the difference leaves out none, whenever somebody looks and for all rows of the page together.';
const LIKELY = 'So it is at 80 %: likely, and not settled.';

export const VERDICT_WORDS: Readonly<Record<VerdictWord, Said>> = {
  BETTER: { direction: 'up', says: `${SURE} ${BY_LOT}` },
  WORSE: { direction: 'down', says: `${SURE} ${BY_LOT}` },
  PROBABLY_BETTER: { direction: 'up', says: `${LIKELY} ${BY_LOT}` },
  PROBABLY_WORSE: { direction: 'down', says: `${LIKELY} ${BY_LOT}` },
  HIGHER: { direction: 'up', says: `${SURE} ${OBSERVATIONAL}` },
  LOWER: { direction: 'down', says: `${SURE} ${OBSERVATIONAL}` },
  PROBABLY_HIGHER: { direction: 'up', says: `${LIKELY} ${OBSERVATIONAL}` },
  PROBABLY_LOWER: { direction: 'down', says: `${LIKELY} ${OBSERVATIONAL}` },
  NO_DIFFERENCE: { direction: 'same', says: 'The whole interval lies within what the model calls worthwhile: the two are as good as each other.' },
  WITHIN_COUNTING_ERROR: { direction: 'same', says: 'The sketches err by as much as the difference is: more people do not help, a higher precision does.' },
  TOO_LITTLE_DATA: { direction: 'unknown', says: 'Nothing can be said yet: ten common days and thirty people on each side are the least.' },
};

/** The words with what they say, each once, for a list that explains all of them. */
export const VERDICTS_EXPLAINED: readonly { readonly words: string; readonly says: string }[] = [
  { words: 'higher, lower (observational)', says: VERDICT_WORDS.HIGHER.says },
  { words: 'better, worse', says: `In a test. ${VERDICT_WORDS.BETTER.says}` },
  { words: 'probably …', says: LIKELY },
  { words: 'no difference', says: VERDICT_WORDS.NO_DIFFERENCE.says },
  { words: 'within counting error', says: VERDICT_WORDS.WITHIN_COUNTING_ERROR.says },
  { words: 'too little data', says: VERDICT_WORDS.TOO_LITTLE_DATA.says },
];
