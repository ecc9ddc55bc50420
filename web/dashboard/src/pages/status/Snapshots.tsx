// The newest snapshots of the lake: when each was made, what it holds, and which one is shown.

import { formatCount, formatMoment, formatRange } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import type { Records } from './StatusPage';
import '../../components/Panel.css';
import './Snapshots.css';

interface SnapshotsProps {
  readonly records: Records;
  readonly shown: number;
}

export function Snapshots({ records, shown }: SnapshotsProps) {
  return (
    <section className="panel" aria-label={t('status.snapshots')}>
      <header className="panel-head">
        <h2>{t('status.snapshots')}</h2>
        <TakeButton title={t('status.snapshots')} answered={null} />
      </header>
      <div className="panel-body snapshots-frame" role="group" aria-label={t('status.snapshots')} tabIndex={0}>
        <table className="snapshots">
          <thead>
            <tr>
              <th scope="col">{t('status.snapshot')}</th>
              <th scope="col">{t('status.made')}</th>
              <th scope="col">{t('status.nDays')}</th>
              <th scope="col">{t('status.cells')}</th>
              <th scope="col">{t('status.stateHead')}</th>
            </tr>
          </thead>
          <tbody>
            {records.snapshots.map((snapshot) => (
              <tr key={snapshot.version}>
                <th scope="row">{snapshot.version}</th>
                <td>{formatMoment(snapshot.committedAt)}</td>
                <td title={snapshot.firstDay === null || snapshot.lastDay === null ? undefined : formatRange(snapshot.firstDay, snapshot.lastDay)}>
                  {formatCount(snapshot.nDays)}
                </td>
                <td>{snapshot.withheld ? t('number.withheld') : formatCount(snapshot.nCells)}</td>
                <td>
                  {[
                    snapshot.version === shown ? t('status.shown') : null,
                    snapshot.version === records.serving.snapshot?.version ? t('status.served') : null,
                    snapshot.verification === null ? null : snapshot.verification.ok ? t('status.isRecounted') : t('status.disagrees'),
                  ]
                    .filter((word) => word !== null)
                    .join(', ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
