// The search part of an address as plain text by name. What it means is the business of each page, so any text is
// allowed here and nothing fails.

export type RawSearch = Record<string, string>;

export function parseSearch(search: string): RawSearch {
  return Object.fromEntries(new URLSearchParams(search));
}

/** Keeps commas and tildes readable: they are allowed in a search part, and a shared link is read by people too. */
export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  const text = new URLSearchParams(pairs).toString().replaceAll('%2C', ',').replaceAll('%7E', '~');
  return text === '' ? '' : `?${text}`;
}
