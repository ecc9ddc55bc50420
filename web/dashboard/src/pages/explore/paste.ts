// A pasted list of values: split it, and find each value among the members of the field.

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

/** A field with no more members than this is fetched whole, and the list is compared here. */
const WHOLE_FIELD = 500;
/** Look-ups under way at once; a list of a thousand must not be a thousand requests in one instant. */
const AT_ONCE = 6;

/** The values of a pasted list: one a line if there are lines, else separated by tabs, semicolons or commas. */
export function splitPasted(text: string): string[] {
  const separator = [/\r?\n/, /\t/, /;/, /,/].find((candidate) => candidate.test(text.trim()));
  if (!separator) return [];
  const values = text.split(separator).map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== ''))];
}

export async function findPasted(
  pasted: readonly string[],
  page: (search: string, first: number) => Promise<MembersPage>,
): Promise<Pasted> {
  const all = await page('', WHOLE_FIELD);
  const whole = all.total <= all.members.length;
  const found: string[] = [];
  const unknown: string[] = [];
  for (let start = 0; start < pasted.length; start += AT_ONCE) {
    const texts = pasted.slice(start, start + AT_ONCE);
    // oxlint-disable-next-line no-await-in-loop
    const members = await Promise.all(
      texts.map(async (text) => match(text, whole ? all.members : (await page(text, 20)).members)),
    );
    for (const [index, text] of texts.entries()) {
      const value = members[index];
      if (value === undefined) unknown.push(text);
      else found.push(value);
    }
  }
  return { found, unknown };
}

/** The member that is meant: by its value, else by its value or label in another case. */
function match(text: string, members: readonly FoundMember[]): string | undefined {
  const folded = text.toLowerCase();
  const member =
    members.find((candidate) => candidate.value === text) ??
    members.find((candidate) => candidate.value?.toLowerCase() === folded) ??
    members.find((candidate) => candidate.value !== null && candidate.label.toLowerCase() === folded);
  return member?.value ?? undefined;
}
