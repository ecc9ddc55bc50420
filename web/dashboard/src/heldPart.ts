// The part of a lake that a service holds, in a sentence.

import { formatDay, formatList } from './format';
import { t } from './language';

interface Part {
  readonly only: readonly { readonly field: string; readonly values: readonly string[] }[];
  readonly firstDay: string | null;
  readonly since: string | null;
  readonly without: readonly string[];
}

/** Values are missing for those who do not see all rows; so is the first day as long as nothing is loaded. */
export function heldPart({ only, firstDay, since, without }: Part): string {
  const parts = only.map(({ field, values }) =>
    values.length === 0 ? t('held.someOf', { field }) : t('held.only', { field, values: formatList(values) }),
  );
  if (firstDay !== null) parts.push(t('held.from', { day: formatDay(firstDay) }));
  else if (since !== null) parts.push(t('held.since', { since }));
  if (without.length > 0) parts.push(t('held.without', { names: formatList(without) }));
  return t('held.part', { parts: parts.join('; ') });
}
