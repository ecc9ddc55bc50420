// A label that is cut in its middle where there is no room: what differs between labels stands at their end as often as
import './Label.css';
// at their beginning ("Wandering Neighbors · Poster 3").

/** Labels up to this length are cut at their end only, if at all. */
const SHORT = 24;
/** What stays of the end, about: it begins with a word, which a screen reader would else hear in two pieces. */
const TAIL = 12;
const MOST_TAIL = 18;

export function Label({ text }: { readonly text: string }) {
  const at = tailOf(text);
  if (at === null) return <>{text}</>;
  return (
    <span className="label-split">
      <span className="label-head">{text.slice(0, at)}</span>
      <span className="label-tail">{text.slice(at)}</span>
    </span>
  );
}

/** Where the end of a long label begins: at a word or at a part of a key; null where it is not to be cut so. */
export function tailOf(text: string): number | null {
  if (text.length <= SHORT) return null;
  const starts = [...text.matchAll(/(?<=[\s\-_/.:])[^\s\-_/.:]/gu)].map((match) => match.index);
  const fitting = starts.filter((start) => text.length - start <= MOST_TAIL);
  return fitting.findLast((start) => text.length - start >= TAIL) ?? fitting[0] ?? null;
}
