// What was acknowledged or muted before and is not listed: kept, and to be taken back.

import type { Dataset } from '../../api/dataset';
import type { Acknowledgement, Mute } from '../../api/outliers';
import { formatDay } from '../../format';
import { t } from '../../language';
import { AcknowledgedBy } from './Actions';
import { KindMark } from './KindMark';
import { useHandling } from './useHandling';
import '../../components/Panel.css';
import './Unlisted.css';

interface UnlistedProps {
  readonly place: 'acknowledged' | 'muted';
  readonly dataset: Dataset;
  readonly acknowledgements: readonly Acknowledgement[];
  readonly mutes: readonly Mute[];
}

export function Unlisted({ place, dataset, acknowledgements, mutes }: UnlistedProps) {
  const handling = useHandling(dataset, { dimension: dataset.outliers?.dimension ?? '', lastDay: '' });
  const title = t(place === 'acknowledged' ? 'outliers.unlistedAcknowledged' : 'outliers.unlistedMuted');
  const shown = place === 'acknowledged' ? acknowledgements.length : mutes.length;
  if (shown === 0) return null;
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
      </header>
      {handling.problem !== null && (
        <p className="unlisted" role="alert">
          {handling.problem}
        </p>
      )}
      <ul>
        {place === 'acknowledged'
          ? acknowledgements.map((one) => (
              <li key={one.id} className="unlisted">
                <KindMark kind={one.kind} /> <bdi>{one.value}</bdi>
                <span className="muted">
                  <AcknowledgedBy acknowledgement={one} />
                </span>
              </li>
            ))
          : mutes.map((one) => (
              <li key={one.id} className="unlisted">
                {one.kind == null ? t('outliers.ofEveryKind') : <KindMark kind={one.kind} />} <bdi>{one.value}</bdi>
                <span className="muted">{one.until == null ? t('outliers.mutedEver') : t('outliers.mutedUntil', { day: formatDay(one.until) })}</span>
                <button type="button" className="button" onClick={() => handling.unmute(one, one.value)}>
                  {t('outliers.unmute')}
                </button>
              </li>
            ))}
      </ul>
    </section>
  );
}
