// How many outliers have come since the last visit to their page. Announced politely, and only where visits can be kept.

import { countNew, entriesOf } from '../api/outlierQueue';
import { useHandled, useOutliers } from '../api/outliers';
import { formatCount } from '../format';
import { t } from '../language';
import './NewOutliers.css';

export default function NewOutliers() {
  const { data: found } = useOutliers();
  const { data: handled } = useHandled();
  const n = found && handled ? countNew(entriesOf(found.outliers, handled, handled.lastOutlierVisit ?? null)) : 0;
  return (
    <span role="status">
      {n > 0 && (
        <span className="new-outliers" title={t('outliers.nNew', { n })}>
          <span aria-hidden="true">{formatCount(n)}</span>
          <span className="visually-hidden">{t('outliers.nNew', { n })}</span>
        </span>
      )}
    </span>
  );
}
