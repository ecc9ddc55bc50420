// What the list is made by, folded away.

import type { Dataset } from '../../api/dataset';
import type { OutlierList } from '../../api/outliers';
import { formatDay, formatList, formatShare } from '../../format';
import { t } from '../../language';
import { nameOf } from './reason';
import './Rules.css';

export function Rules({ dataset, list }: { readonly dataset: Dataset; readonly list: OutlierList }) {
  const { outliers } = dataset;
  if (!outliers) return null;
  const label = (name: string) => dataset.field.get(name)?.label ?? name;
  const peers = formatList(outliers.peers.map(label));
  return (
    <details className="outlier-rules">
      <summary>{t('outliers.rules')}</summary>
      <p>
        {t('outliers.rulesCompared', {
          dimension: label(outliers.dimension),
          peers,
          rate: nameOf(outliers.rate, dataset),
          n: list.nDays,
          from: formatDay(list.firstDay),
          to: formatDay(list.lastDay),
        })}
      </p>
      <p>{t('outliers.rulesKinds', { beyond: formatShare({ value: outliers.beyond }), worthwhile: formatShare({ value: outliers.worthwhile }) })}</p>
      <p>{t('outliers.rulesMore')}</p>
    </details>
  );
}
