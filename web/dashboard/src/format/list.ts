// Names in a sentence.

import { locale } from '../language';

/** "Asset and Country", in Korean "Asset 및 Country"; or as alternatives. */
export function formatList(names: readonly string[], joined: 'and' | 'or' = 'and'): string {
  return new Intl.ListFormat(locale(), { type: joined === 'and' ? 'conjunction' : 'disjunction' }).format(names);
}
