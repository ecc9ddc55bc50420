// What operators need and analysts do not, folded away: addresses, system errors, ids.
import { t } from '../language';
import './Details.css';

export function Details({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <details className="details">
      <summary>{t('panel.details')}</summary>
      <p>{text}</p>
    </details>
  );
}
