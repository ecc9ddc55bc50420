// A label that is cut in its middle where there is no room: what differs between labels stands at their end as often as
// at their beginning ("Wandering Neighbors · Poster 3").

/** Labels up to this length are cut at their end only, if at all. */
const SHORT = 24;
/** What stays of the end. */
const TAIL = 12;

export function Label({ text }: { readonly text: string }) {
  const letters = [...text];
  if (letters.length <= SHORT) return <>{text}</>;
  return (
    <span className="label-split">
      <span className="label-head">{letters.slice(0, -TAIL).join('')}</span>
      <span className="label-tail">{letters.slice(-TAIL).join('')}</span>
    </span>
  );
}
