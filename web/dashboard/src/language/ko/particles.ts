// The particles of Korean, which follow the sound of the word before them: a text says 을(를) after what is filled in,
// and the reader sees 을 or 를.

import type { Finish } from '../catalog';

/** After a consonant, after a vowel; 로 also follows ㄹ. */
const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  '을(를)': ['을', '를'],
  '이(가)': ['이', '가'],
  '은(는)': ['은', '는'],
  '과(와)': ['과', '와'],
  '(으)로': ['으로', '로'],
  '(이)라': ['이라', '라'],
};

const FIRST = 0xac00;
const LAST = 0xd7a3;
/** How many ends a syllable may have, the first of them none. */
const ENDS = 28;
const RIEUL = 8;
/** The ends of 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구. */
const DIGITS = [21, RIEUL, 0, 16, 0, 0, 1, RIEUL, RIEUL, 0];

/** The end of a syllable as it is spoken; null where the letter does not tell. */
function endOf(letter: string): number | null {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= FIRST && code <= LAST) return (code - FIRST) % ENDS;
  if (/\d/.test(letter)) return DIGITS[Number(letter)] ?? null;
  // 퍼센트, 퍼센트 포인트, 시그마.
  return /^(%|%p|σ)$/.test(letter) ? 0 : null;
}

/** Quotes and brackets are not read. Where the sound is unknown both forms stay. */
export const finish: Finish = (text) =>
  text.replaceAll(/(%p|\S)([”’)\]"']*)(을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로|\(이\)라)/gu, (all, letter: string, closed: string, pair: string) => {
    const end = endOf(letter);
    const forms = PAIRS[pair];
    if (end === null || !forms) return all;
    const isOpen = end === 0 || (pair === '(으)로' && end === RIEUL);
    return `${letter}${closed}${isOpen ? forms[1] : forms[0]}`;
  });
