// Labels for an axis, which has room for so many letters: those that would read alike are cut where they differ.

/** Labels cut to a length. Where two would read the same, what they share at the beginning gives way. */
export function tellApart(labels: readonly string[], length: number): string[] {
  const plain = labels.map((label) => cutEnd(label, length));
  return labels.map((label, index) => {
    const twins = labels.filter((other, at) => at !== index && other !== label && plain[at] === plain[index]);
    if (twins.length === 0) return plain[index] ?? label;
    const shared = Math.min(...twins.map((twin) => sharedBeginning(label, twin)));
    // From the beginning of the word in which they differ, or of one before it, as far as there is room.
    const differing = label.lastIndexOf(' ', shared - 1) + 1;
    if (differing === 0) return cutMiddle(label, length);
    const starts = [...label.matchAll(/(?<= )[\p{L}\p{N}]/gu)].map((match) => match.index).filter((start) => start <= differing);
    const from = starts.find((start) => lettersIn(label.slice(start)) + '… '.length <= length) ?? differing;
    return cutEnd(`… ${label.slice(from)}`, length);
  });
}

/** Letters as people count them, near enough: characters, not the units that they are stored in. */
function lettersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function sharedBeginning(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function cutEnd(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}

function cutMiddle(text: string, length: number): string {
  const letters = [...text];
  if (letters.length <= length) return text;
  const tail = Math.floor(length / 2);
  return `${letters.slice(0, length - tail - 1).join('')}…${letters.slice(-tail).join('')}`;
}
