// Whatever is read can be read: the contrast of the tokens, as WCAG counts it, in each of the four themes.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// By a name, since Vite would take a literal one for the address of a file that it serves.
const TOKENS = 'tokens.css';
const css = readFileSync(new URL(TOKENS, import.meta.url), 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
const SCHEMES = ['light', 'dark'] as const;
type Scheme = (typeof SCHEMES)[number];
type Tokens = ReadonlyMap<string, Readonly<Record<Scheme, string>>>;

function tokensIn(block: string): Tokens {
  const found = block.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g);
  return new Map([...found].map(([, name = '', light = '', dark = '']) => [name, { light, dark }]));
}

const usual = tokensIn(css.slice(0, css.indexOf('@media')));
const more = new Map([...usual, ...tokensIn(/prefers-contrast: more\)(.*?)\n}\n/s.exec(css)?.[1] ?? '')]);

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** The pairs that fall below a contrast. */
function below(tokens: Tokens, least: number, pairs: readonly (readonly [string, string])[]): string[] {
  return SCHEMES.flatMap((scheme) =>
    pairs.flatMap(([front, ground]) => {
      const found = contrast(tokens.get(front)?.[scheme] ?? '#000000', tokens.get(ground)?.[scheme] ?? '#000000');
      return found < least ? [`${scheme}: ${front} on ${ground} ${found.toFixed(2)}`] : [];
    }),
  );
}

const READ = ['text', 'muted', 'accent', 'good', 'worse', 'caution', 'bad'].map((front) => [front, 'surface'] as const);
const MARKED = ['accent', 'good', 'worse', 'caution', 'bad'].map((front) => [front, `${front}-soft`] as const);
const DRAWN = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'others', 'edge'].map((front) => [front, 'surface'] as const);

describe('the contrast of tokens', () => {
  test('is 4.5 at least for what is read, and 3 for what is drawn', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(below(usual, 4.5, [...READ, ...MARKED, ['on-accent', 'accent'], ['on-h4', 'h4'], ['text', 'h3']])).toEqual([]);
    expect(below(usual, 3, DRAWN)).toEqual([]);
  });

  test('is 7 at least for what is read where the system asks for more', () => {
    expect(more.get('text')).toEqual({ light: '#000000', dark: '#ffffff' });
    expect(below(more, 7, [...READ, ...MARKED, ['on-accent', 'accent']])).toEqual([]);
    expect(below(more, 3, [...DRAWN, ['line', 'surface']])).toEqual([]);
  });
});
