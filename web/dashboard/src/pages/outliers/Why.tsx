// Why a member stands out, on its own page; nothing if it does not.

import { Link } from '@tanstack/react-router';
import type { Dataset } from '../../api/dataset';
import { entriesOf } from '../../api/outlierQueue';
import { useHandled, useOutliers } from '../../api/outliers';
import { t } from '../../language';
import { AcknowledgedBy } from './Actions';
import { KindMark } from './KindMark';
import { reasonOf } from './reason';
import './Why.css';

interface WhyProps {
  readonly dataset: Dataset;
  /** The name of the member's field. */
  readonly field: string;
  readonly member: string;
}

export function Why({ dataset, field, member }: WhyProps) {
  const { data: found } = useOutliers();
  const { data: handled } = useHandled();
  const list = found?.outliers;
  if (list === undefined || list.dimension !== field) return null;
  const own = entriesOf(list, handled ?? null, null).filter(({ outlier }) => outlier.value === member);
  if (own.length === 0) return null;
  return (
    <section className="why" aria-label={t('outliers.why')}>
      {own.map(({ id, outlier, acknowledgement }) => (
        <p key={id}>
          <KindMark kind={outlier.kind} /> {reasonOf(outlier, dataset).join(' ')}{' '}
          {acknowledgement !== null && <AcknowledgedBy acknowledgement={acknowledgement} />}
        </p>
      ))}
      <Link to="/outliers" search={own.some(({ place }) => place === 'open') ? {} : { tab: own[0]?.place ?? 'open' }}>
        {t('outliers.toQueue')}
      </Link>
    </section>
  );
}
