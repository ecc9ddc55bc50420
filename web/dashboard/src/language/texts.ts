// What the page says, in the language of its reader: `t` gives a text, `rich` one with elements in it. Only the texts of
// one language are loaded.

import format, { type FormatValues } from 'icu-minify/format';
import { cloneElement, createElement, Fragment, isValidElement, type ReactElement, type ReactNode, useSyncExternalStore } from 'react';
import type { Catalog, Finish, Resource } from './catalog';
import { type Language, LANGUAGES } from './languages';
import type { Arguments, PlainKey, RichKey, Tags, ValuesOf } from './keys';

const RESOURCES: Readonly<Record<Language, () => Promise<{ readonly default: Resource }>>> = {
  en: () => import('./en/index'),
  ko: () => import('./ko/index'),
};

interface Shown {
  readonly language: Language;
  readonly locale: string;
  readonly texts: Catalog;
  readonly finish: Finish;
}

let shown: Shown = { language: 'en', locale: 'en-US', texts: {}, finish: (text) => text };
const listeners = new Set<() => void>();

/** Loads the texts of a language, and shows the page in it. Fails where they cannot be loaded; the page then stays as it is. */
export async function showLanguage(language: Language): Promise<void> {
  const { default: resource } = await RESOURCES[language]();
  setTexts(language, resource);
  document.documentElement.lang = language;
}

/** Gives texts from now on; for a place that has them at hand. */
export function setTexts(language: Language, { texts, finish }: Resource): void {
  const known = LANGUAGES.find(({ id }) => id === language) ?? LANGUAGES[0];
  shown = { language, locale: known.locale, texts, finish };
  for (const listener of listeners) listener();
}

/** The locale in which numbers, days and lists are printed. */
export function locale(): string {
  return shown.locale;
}

/** The language of the page; whoever calls it is drawn anew when that changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown.language,
  );
}

const plurals = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

function kept<Made>(made: Map<string, Made>, of: string, make: () => Made): Made {
  const known = made.get(of) ?? make();
  made.set(of, known);
  return known;
}

const formatters = {
  getPluralRules: (of: string, options?: Intl.PluralRulesOptions) => kept(plurals, `${of} ${options?.type}`, () => new Intl.PluralRules(of, options)),
  getNumberFormat: (of: string) => kept(numbers, of, () => new Intl.NumberFormat(of, { maximumFractionDigits: 0 })),
  getDateTimeFormat: () => {
    throw new Error('days are printed by src/format');
  },
};

type Values = Readonly<Record<string, string | number>>;

/** Letters of scripts from right to left. */
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name in such letters, isolated so that it does not turn the text around it: from FIRST STRONG ISOLATE to POP DIRECTIONAL ISOLATE. */
function isolated(value: string): string {
  return FROM_RIGHT.test(value) ? `\u2068${value}\u2069` : value;
}

function filled(values: Values | undefined): Values | undefined {
  return values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? isolated(value) : value]));
}

/** A text. */
export function t<Key extends PlainKey>(key: Key, ...[values]: Arguments<Key>): string {
  const message = shown.texts[key];
  if (message === undefined) throw new Error(`there is no text \`${key}\``);
  const text = typeof message === 'string' ? message : String(format(message, shown.locale, filled(values as Values | undefined), { formatters }));
  return shown.finish(text);
}

/** A text with elements in it: `by: <b />` makes the part between `<by>` and `</by>` bold; where nothing is between, the element is as it is given. */
export function rich<Key extends RichKey>(key: Key, values: ValuesOf<Key> & Tags<Key>): ReactNode {
  const message = shown.texts[key];
  if (message === undefined) throw new Error(`there is no text \`${key}\``);
  const made = Object.entries(values as Readonly<Record<string, string | number | ReactElement>>).map(([name, value]) => {
    if (isValidElement(value)) return [name, around(value)] as const;
    return [name, typeof value === 'string' ? isolated(value) : value] as const;
  });
  const parts = format<ReactNode>(message, shown.locale, Object.fromEntries(made) as FormatValues<ReactNode>, { formatters });
  return createElement(Fragment, null, ...finished(Array.isArray(parts) ? parts : [parts]));
}

function around(element: ReactElement): (chunks: readonly ReactNode[]) => ReactNode {
  return (chunks) => (chunks.every((chunk) => chunk === '') ? element : cloneElement(element, undefined, ...finished(chunks)));
}

function finished(parts: readonly ReactNode[]): ReactNode[] {
  return parts.map((part) => (typeof part === 'string' ? shown.finish(part) : part));
}
