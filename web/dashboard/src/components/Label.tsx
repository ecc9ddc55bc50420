// A label as people tell members apart: of "Wandering Neighbors · Poster 3" the part that differs stands first, and what
// many labels share is small below it. One without such parts is cut in its middle where there is no room, since what
// differs stands at its end as often as at its beginning.

import './Label.css';

/** Labels up to this length are cut at their end only, if at all. */
const SHORT = 24;
/** What stays of the end, about: it begins with a word, which a screen reader would else hear in two pieces. */
const TAIL = 12;
const MOST_TAIL = 18;
const SEPARATOR = ' · ';

export function Label({ text }: { readonly text: string }) {
  const at = tailOf(text);
  if (at === null) return <>{text}</>;
  return (
    <bdi className="label-split">
      <span className="label-head">{text.slice(0, at)}</span>
      <span className="label-tail">{text.slice(at)}</span>
    </bdi>
  );
}

/** The part that differs over the part that is shared; read in the order in which it is written. */
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

/** What a label shares with others, as it is written, and what is its own. */
export function partsOf(text: string): { readonly shared: string | null; readonly own: string } {
  const at = text.lastIndexOf(SEPARATOR);
  return at <= 0 ? { shared: null, own: text } : { shared: text.slice(0, at), own: text.slice(at + SEPARATOR.length) };
}

/** Where the end of a long label begins: at a word or at a part of a key; null where it is not to be cut so. */
export function tailOf(text: string): number | null {
  if (text.length <= SHORT) return null;
  const starts = [...text.matchAll(/(?<=[\s\-_/.:])[^\s\-_/.:]/gu)].map((match) => match.index);
  const fitting = starts.filter((start) => text.length - start <= MOST_TAIL);
  return fitting.findLast((start) => text.length - start >= TAIL) ?? fitting[0] ?? null;
}
