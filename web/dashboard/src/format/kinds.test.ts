import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DATASET } from '../testing/dataset';
import { FORMATS } from './formats';
import { KINDS, referenceOf } from './kinds';

const files = Object.keys(import.meta.glob(['../**/*.ts', '../**/*.tsx', '!../**/*.test.ts', '!../**/*.test.tsx', '!../testing/**', '!../api/generated.ts']));

/** Words of kinds and formats as texts: in a type or a comparison, which no compiler asks to be completed. */
function wordsIn(code: string): string[] {
  const words = [...Object.keys(KINDS), ...Object.keys(FORMATS)].join('|');
  return [...code.matchAll(new RegExp(`['"\`](${words})['"\`]`, 'g'))].map(([, word = '']) => word);
}

describe('kinds and formats of measures', () => {
  it('are compared by name only in the file of their traits', () => {
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) => wordsIn(readFileSync(new URL(file, import.meta.url), 'utf8')).map((word) => `${file}: ${word}`));
    expect(found.filter((word) => !word.startsWith('./kinds.ts: '))).toEqual([]);
    expect(wordsIn(`if (kind === 'SUM' || kind === "DERIVED") return KINDS.COUNT;`)).toEqual(['SUM', 'DERIVED']);
  });

  it('give the total as a reference where groups have no shares of it', () => {
    const references = DATASET.measures.map((measure) => [measure.name, referenceOf(measure, { value: 7 })]);
    expect(Object.fromEntries(references)).toEqual({ impressions: null, viewers: null, 'watch.p50': 7, take_rate: 7 });
    expect(referenceOf({ kind: 'DERIVED' }, undefined)).toBeNull();
  });
});
