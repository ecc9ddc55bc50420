// Splits a pasted list of values, and finds each value among the members of the field.

export interface FoundMember {
  readonly value: string | null;
  readonly label: string;
}

export interface MembersPage {
  readonly members: readonly FoundMember[];
  readonly total: number;
}

export interface Pasted {
  readonly found: readonly string[];
  readonly unknown: readonly string[];
}

/** The most members that the gateway returns in a page. */
export const MOST_MEMBERS = 5_000;
/** A field with no more members than so many pages hold is fetched whole, and the list is matched here. */
const WHOLE_PAGES = 8;
/** The most look-ups at a time, since a list of a thousand must not become a thousand requests at once. */
const AT_ONCE = 6;

/**
 * The values of a pasted list: one on each line if there are lines, otherwise separated by tabs, semicolons or commas. Of
 * a table, the first column counts; a value in quotes may contain separators.
 */
export function splitPasted(text: string): string[] {
  const plain = text.replace(/^\uFEFF/, '').trim();
  const quoted = /(^|[\n,;\t])\s*"/.test(plain);
  const separator = [/\r?\n/, /\t/, /;/, /,/].find((candidate) => candidate.test(plain));
  if (!separator) return quoted ? [unquoted(plain)] : [];
  if (!quoted) {
    const isTable = separator.test('\n') && plain.includes('\t');
    const values = plain.split(separator).map((value) => (isTable ? (value.split('\t')[0] ?? '') : value).trim());
    return [...new Set(values.filter((value) => value !== ''))];
  }
  const records = recordsOf(plain);
  const values = records.length > 1 ? records.map((record) => record[0] ?? '') : (records[0] ?? []);
  return [...new Set(values.map((value) => value.trim()).filter((value) => value !== ''))];
}

function unquoted(text: string): string {
  return (/^"(.*)"$/s.exec(text)?.[1] ?? text).replaceAll('""', '"');
}

/** The fields of each CSV record (RFC 4180), with any of the usual separators. */
function recordsOf(text: string): string[][] {
  const separators = new Set(['\t', ';', ','].filter((sign) => text.includes(sign)).slice(0, 1));
  const records: string[][] = [[]];
  let field = '';
  let inQuotes = false;
  const endField = () => {
    records.at(-1)?.push(field);
    field = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (inQuotes) {
      if (sign !== '"') field += sign;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else inQuotes = false;
    } else if (sign === '"' && field.trim() === '') {
      field = '';
      inQuotes = true;
    } else if (sign === '\n') {
      endField();
      records.push([]);
    } else if (separators.has(sign)) endField();
    else field += sign;
  }
  endField();
  return records.map((record) => record.map((value) => value.replace(/\r$/, '')));
}

/** Fetches a page of the members that match a text. */
export type AskPage = (search: string, first: number, offset: number) => Promise<MembersPage>;

export async function findPasted(pasted: readonly string[], page: AskPage): Promise<Pasted> {
  const all = await wholeField(page);
  const matcher = all === null ? null : matcherOf(all);
  const found: string[] = [];
  const unknown: string[] = [];
  for (let start = 0; start < pasted.length; start += AT_ONCE) {
    const texts = pasted.slice(start, start + AT_ONCE);
    const values = matcher
      ? texts.map(matcher)
      : // oxlint-disable-next-line no-await-in-loop
        await Promise.all(texts.map(async (text) => matcherOf((await page(text, 20, 0)).members)(text)));
    for (const [index, text] of texts.entries()) {
      const value = values[index];
      if (value === undefined) unknown.push(text);
      else found.push(value);
    }
  }
  return { found, unknown };
}

/** All members of a field; null if there are too many. */
async function wholeField(page: AskPage): Promise<readonly FoundMember[] | null> {
  const first = await page('', MOST_MEMBERS, 0);
  if (first.total <= first.members.length) return first.members;
  if (first.total > WHOLE_PAGES * MOST_MEMBERS) return null;
  const offsets = Array.from({ length: Math.ceil(first.total / MOST_MEMBERS) - 1 }, (_, index) => (index + 1) * MOST_MEMBERS);
  const rest = await Promise.all(offsets.map((offset) => page('', MOST_MEMBERS, offset)));
  return [first, ...rest].flatMap(({ members }) => members);
}

/** The first member in the gateway's order wins. */
function put(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

/** Finds the intended member: by its value, else by its value or label regardless of case and accents. */
function matcherOf(members: readonly FoundMember[]): (text: string) => string | undefined {
  const byValue = new Map<string, string>();
  const byFolded = new Map<string, string>();
  const byLabel = new Map<string, string>();
  for (const { value, label } of members) {
    if (value === null) continue;
    put(byValue, value, value);
    put(byFolded, fold(value), value);
    put(byLabel, fold(label), value);
  }
  return (text) => byValue.get(text) ?? byFolded.get(fold(text)) ?? byLabel.get(fold(text));
}

/** Text folded for searching: `cafe` finds Café, whatever its Unicode form. */
export function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
