// The search part of an address as plain text by name. Each page reads it into a type of its own (`validateSearch`), so
// any text is allowed here and nothing fails.

export type RawSearch = Readonly<Record<string, string>>;

/** The values of a repeated name are joined, as a list would be written. */
export function parseSearch(search: string): RawSearch {
  const joined = new Map<string, string>();
  for (const [name, text] of new URLSearchParams(search)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? text : `${before},${text}`);
  }
  return Object.fromEntries(joined);
}

/** Keeps commas and tildes unescaped: a search part may contain them, and people read shared links. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const text = new URLSearchParams(textsOf(search)).toString().replaceAll('%2C', ',').replaceAll('%7E', '~');
  return text === '' ? '' : `?${text}`;
}

/** The texts of a search, which are all that an address can hold. */
export function textsOf(search: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

/** A value in a list: `~,` is a comma, `~~` a tilde, `~0` alone the missing value, `~e` alone the empty one. */
export function escapeValue(value: string | null): string {
  if (value === null) return '~0';
  if (value === '') return '~e';
  return value.replaceAll('~', '~~').replaceAll(',', '~,');
}

/** The values of a list; null if an escape is broken. */
export function splitValues(text: string): (string | null)[] | null {
  const values: (string | null)[] = [];
  for (const item of text.match(/(?:~.|[^,~])+/gsu) ?? []) {
    if (item === '~0') values.push(null);
    else if (item === '~e') values.push('');
    else if (/~[^~,]/u.test(item.replaceAll('~~', ''))) return null;
    else values.push(item.replace(/~([~,])/gu, '$1'));
  }
  // A lone tilde at the end matches nothing above and would be lost silently.
  return values.map(escapeValue).join(',') === text ? values : null;
}
