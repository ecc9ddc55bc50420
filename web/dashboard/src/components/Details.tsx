// What helps those who mend, folded away from those who ask: addresses, errors of the system, ids.
import './Details.css';

export function Details({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <details className="details">
      <summary>Details</summary>
      <p>{text}</p>
    </details>
  );
}
