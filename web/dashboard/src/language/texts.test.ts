import { readFileSync } from 'node:fs';
import { parse, TYPE } from '@formatjs/icu-messageformat-parser';
import { render } from '@testing-library/react';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';
import { compileTexts } from './compile';
import english from './en/index';
import korean from './ko/index';
import { LANGUAGES } from './languages';
import { rich, setTexts, showLanguage, t } from './texts';

type Messages = Readonly<Record<string, string>>;

/** The messages as they are written; what is imported is compiled. */
function written(names: Record<string, unknown>): Messages {
  const pairs = Object.keys(names).flatMap((name) => {
    const code = readFileSync(new URL(name, import.meta.url), 'utf8');
    const lines = [...code.matchAll(/^ {2}'([^']+)':\s+(['"`])(.*)\2,$/gm)];
    expect(lines.length, `${name}: one text a line`).toBe([...code.matchAll(/^ {2}\S/gm)].length);
    return lines.map(([, key = '', quote = '', text = '']) => [key, unescaped(text, quote)] as const);
  });
  const keys = pairs.map(([key]) => key);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index), 'a key in two files').toEqual([]);
  return Object.fromEntries(pairs);
}

function unescaped(text: string, quote: string): string {
  return text.replaceAll(`\\${quote}`, quote).replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

const LEFT_OUT = /\/(index|particles)\.ts$/;
const only = (found: Record<string, unknown>) => Object.fromEntries(Object.entries(found).filter(([name]) => !LEFT_OUT.test(name) && !/\.test\./.test(name)));
const EN = written(only(import.meta.glob('./en/*.ts')));
const KO = written(only(import.meta.glob('./ko/*.ts')));

const code = Object.keys(import.meta.glob(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}', '!./**', '!../api/generated.ts', '!../testing/**']))
  .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
  .join('\n');

/** What a message takes: its names with their kinds, and the forms of its plurals. */
function takes(message: string): { readonly names: readonly string[]; readonly plurals: readonly (readonly string[])[] } {
  const names = new Set<string>();
  const plurals: string[][] = [];
  const visit = (elements: ReturnType<typeof parse>) => {
    for (const element of elements) {
      if (element.type === TYPE.tag) {
        names.add(`<${element.value}>`);
        visit(element.children);
      } else if (element.type === TYPE.plural || element.type === TYPE.select) {
        names.add(element.value);
        if (element.type === TYPE.plural) plurals.push(Object.keys(element.options));
        for (const { value } of Object.values(element.options)) visit(value);
      } else if (element.type !== TYPE.literal && element.type !== TYPE.pound) names.add(element.value);
    }
  };
  visit(parse(message));
  return { names: [...names].toSorted(), plurals };
}

describe('texts', () => {
  it('stand in every language, and none is left of those that English has dropped', () => {
    expect(Object.keys(EN).length).toBeGreaterThan(50);
    expect(Object.keys(KO)).toEqual(Object.keys(EN));
  });

  it('take the same in every language', () => {
    const differing = Object.keys(EN).filter((key) => JSON.stringify(takes(EN[key] ?? '').names) !== JSON.stringify(takes(KO[key] ?? '').names));
    expect(differing).toEqual([]);
  });

  it('have each form of a plural that their language has', () => {
    for (const { id, locale } of LANGUAGES) {
      const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
      const messages = id === 'ko' ? KO : EN;
      const lacking = Object.entries(messages).filter(([, message]) => takes(message).plurals.some((has) => forms.some((form) => !has.includes(form))));
      expect(lacking).toEqual([]);
    }
  });

  it('are translated', () => {
    // Signs, and the name that is the same in both.
    const isSame = (text: string) => !/[a-z]{2}/i.test(text.replaceAll(/\{\w+[^{}]*\}|<\/?\w+>|Clio/g, ''));
    const left = Object.entries(KO).filter(([, text]) => !/[가-힣]/.test(text) && !isSame(text));
    expect(left).toEqual([]);
  });

  it('write particles in the forms that src/language/ko/particles.ts resolves', () => {
    expect(Object.values(KO).filter((text) => /[가-힣]\((을|이|은|과)\)|로\(으\)/.test(text))).toEqual([]);
  });

  it('are used', () => {
    const begun = [...code.matchAll(/(?<![\w])`([a-z][\w.]*\.)\$\{/gi)].map(([, head = '']) => head);
    const unused = Object.keys(EN).filter((key) => !code.includes(`'${key}'`) && !begun.some((head) => key.startsWith(head)));
    expect(unused).toEqual([]);
  });

  it('are parsed by the build: the page has no parser of messages', () => {
    expect(Object.keys(english.texts)).toHaveLength(Object.keys(EN).length);
    for (const [key, message] of Object.entries(compileTexts(EN))) expect(english.texts[key]).toEqual(message);
    for (const [key, message] of Object.entries(compileTexts(KO))) expect(korean.texts[key]).toEqual(message);
    expect(() => compileTexts({ 'a.key': 'an {open' })).toThrow('`a.key`');
  });
});

describe('t and rich', () => {
  const texts = compileTexts({
    'badge.committed': '{moment}: {days, plural, one {# day} other {# days}}',
    'badge.verified': 'verified<detail>: {numbers, plural, one {# number} other {# numbers}}, up to {error}</detail>',
  });

  it('fill in, count in the forms of the language, and group digits', () => {
    setTexts('en', { texts, finish: (text) => text });
    expect(t('badge.committed', { moment: 'today', days: 1 })).toBe('today: 1 day');
    expect(t('badge.committed', { moment: 'today', days: 1200 })).toBe('today: 1,200 days');
  });

  it('leave elements as they are', () => {
    setTexts('en', { texts, finish: (text) => text });
    const { container } = render(rich('badge.verified', { numbers: 1, error: '2 σ', detail: createElement('b') }));
    expect(container.innerHTML).toBe('verified<b>: 1 number, up to 2 σ</b>');
  });

  it('keep a name from right to left from turning its neighbours', () => {
    setTexts('en', { texts, finish: (text) => text });
    expect(t('badge.committed', { moment: 'אתמול', days: 2 })).toBe('\u2068אתמול\u2069: 2 days');
    const { container } = render(rich('badge.verified', { numbers: 1, error: 'خطأ', detail: createElement('b') }));
    expect(container.textContent).toBe('verified: 1 number, up to \u2068خطأ\u2069');
  });

  it('say which text there is none of', () => {
    setTexts('en', { texts: {}, finish: (text) => text });
    expect(() => t('panel.loading')).toThrow('there is no text `panel.loading`');
  });

  it('speak Korean, with the particle that the word before asks for', async () => {
    await showLanguage('ko');
    expect(document.documentElement.lang).toBe('ko');
    expect(t('link.stillShows', { version: '3' })).toBe('페이지에는 스냅샷 3이 계속 표시됩니다.');
    expect(t('link.stillShows', { version: '4' })).toBe('페이지에는 스냅샷 4가 계속 표시됩니다.');
    await showLanguage('en');
    expect(document.documentElement.lang).toBe('en');
  });
});
