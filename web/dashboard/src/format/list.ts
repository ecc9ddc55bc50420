// Names in a sentence.

import { locale } from '../language';

/** "Asset and Country", in Korean "Asset 및 Country"; or as alternatives. */
export function formatList(names: readonly string[], joined: 'and' | 'or' = 'and'): string {
  return new Intl.ListFormat(locale(), { type: joined === 'and' ? 'conjunction' : 'disjunction' }).format(names);
}

/** A label within a sentence: in English it begins small. */
export function inSentence(label: string): string {
  return locale().startsWith('en') ? label.toLowerCase() : label;
}
