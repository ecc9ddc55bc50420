// The versions of the lake that are not served, and why: they were written by hand or by another release, or are damaged.

import { formatMoment } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import type { Records } from './StatusPage';
import '../../components/Panel.css';
import './Refused.css';

interface RefusedProps {
  readonly versions: Records['refusedSnapshots'];
}

export function Refused({ versions }: RefusedProps) {
  return (
    <section className="panel" aria-label={t('status.refused')}>
      <header className="panel-head">
        <h2>{t('status.refused')}</h2>
        {versions.length > 0 && <span className="muted panel-note">{t('status.newestFirst')}</span>}
        <TakeButton title={t('status.refused')} answered={null} />
      </header>
      <div className="panel-body refused-frame" role="group" aria-label={t('status.refusedNewest')} tabIndex={0}>
        {versions.length === 0 && <p className="panel-hint">{t('status.noneRefused')}</p>}
        <ol className="refused">
          {versions.map(({ version, committedAt, reason }) => (
            <li key={version}>
              <p>
                <strong>{t('status.version', { version: String(version) })}</strong>{' '}
                <span className="muted">{committedAt === null ? t('status.committedUnknown') : t('status.committed', { moment: formatMoment(committedAt) })}</span>
              </p>
              <p>{reason}</p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
