// The lines of a text, as the browser has laid them out.

export interface TextLine {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly baseline: number;
}

interface Placed {
  readonly words: string[];
  readonly box: DOMRect;
  right: number;
}

/** The part of a line's height above the baseline, in most fonts. */
const ABOVE = 0.79;

/** The lines of a text node, each cut off where its element cuts it off. */
export function assignLines(node: Text, parent: Element, style: CSSStyleDeclaration): TextLine[] {
  const range = document.createRange();
  const lines: Placed[] = [];
  // Lines break at these spaces only; the no-break space between a number and its unit counts as a letter.
  for (const { 0: word, index } of node.data.matchAll(/[^ \t\n\r]+/gu)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.box.top - box.top) < 2) {
      last.words.push(word);
      last.right = box.right;
    } else lines.push({ words: [word], box, right: box.right });
  }
  const end = parent.getBoundingClientRect().right;
  return lines.map(({ words, box, right }) => {
    const text = words.join(' ');
    const isCut = style.textOverflow === 'ellipsis' && right > end + 1;
    return { text: isCut ? cut(text, (end - box.left) / (right - box.left)) : text, left: style.direction === 'rtl' ? right : box.left, right: Math.min(right, isCut ? end : right), baseline: box.top + box.height * ABOVE };
  });
}

function cut(text: string, share: number): string {
  const letters = [...text];
  return `${letters.slice(0, Math.max(1, Math.floor(letters.length * share) - 1)).join('')}…`;
}
