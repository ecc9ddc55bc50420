// How something stands out: a mark and a word, never the colour alone.

import type { OutlierKind } from '../../api/outliers';
import { t } from '../../language';
import { MARKS } from './reason';
import './KindMark.css';

export function KindMark({ kind }: { readonly kind: OutlierKind }) {
  return (
    <span className={`kind-mark kind-${kind.toLowerCase()}`}>
      <span aria-hidden="true">{MARKS[kind]}</span> {t(`outliers.kinds.${kind}`)}
    </span>
  );
}
