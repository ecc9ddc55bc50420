// A label by which people tell members apart. In "Wandering Neighbors · Poster 3" the distinct part stands on top, and
// what many labels share is small below it. A label without such parts is cut in the middle when space is short, since
// labels differ at their ends as often as at their beginnings.

import './Label.css';

/** Labels up to this length are cut only at the end, if at all. */
const SHORT = 24;
/** Roughly how many letters of the end stay. They begin with a whole word, which a screen reader would otherwise read in two pieces. */
const TAIL = 12;
const MOST_TAIL = 18;
const SEPARATOR = ' · ';

export function Label({ text }: { readonly text: string }) {
  const at = tailOf(text);
  if (at === null) return <bdi>{text}</bdi>;
  return (
    <bdi className="label-split">
      <span className="label-head">{text.slice(0, at)}</span>
      <span className="label-tail">{text.slice(at)}</span>
    </bdi>
  );
}

/** The distinct part above the shared part; screen readers read them in the order of the text. */
export function StackedLabel({ text }: { readonly text: string }) {
  const { shared, own } = partsOf(text);
  if (shared === null) return <Label text={text} />;
  return (
    <span className="label-stack">
      <bdi className="label-shared">
        {shared}
        <span className="visually-hidden">{SEPARATOR}</span>
      </bdi>
      <bdi className="label-own">{own}</bdi>
    </span>
  );
}

/** The part that a label shares with others, and the part that is its own. */
export function partsOf(text: string): { readonly shared: string | null; readonly own: string } {
  const at = text.lastIndexOf(SEPARATOR);
  return at <= 0 ? { shared: null, own: text } : { shared: text.slice(0, at), own: text.slice(at + SEPARATOR.length) };
}

/** Where the tail of a long label begins, at a word or a part of a key; null where the label is not split. */
export function tailOf(text: string): number | null {
  if (text.length <= SHORT) return null;
  const starts = [...text.matchAll(/(?<=[\s\-_/.:])[^\s\-_/.:]/gu)].map((match) => match.index);
  const fitting = starts.filter((start) => text.length - start <= MOST_TAIL);
  return fitting.findLast((start) => text.length - start >= TAIL) ?? fitting[0] ?? null;
}
