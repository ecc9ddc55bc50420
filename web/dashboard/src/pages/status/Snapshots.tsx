// The newest snapshots of the lake: when each was made, what it holds, and which one is shown.

import { formatCount, formatMoment, formatRange } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import type { Records } from './StatusPage';
import '../../components/Panel.css';
import './Snapshots.css';

interface SnapshotsProps {
  readonly records: Records;
  readonly shown: number;
}

export function Snapshots({ records, shown }: SnapshotsProps) {
  return (
    <section className="panel" aria-label="Snapshots">
      <header className="panel-head">
        <h2>Snapshots</h2>
        <TakeButton title="Snapshots" answered={null} />
      </header>
      <div className="panel-body snapshots-frame" role="group" aria-label="Snapshots" tabIndex={0}>
        <table className="snapshots">
          <thead>
            <tr>
              <th scope="col">Snapshot</th>
              <th scope="col">Made</th>
              <th scope="col">Days</th>
              <th scope="col">Cells</th>
              <th scope="col">State</th>
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
                <td>{formatCount(snapshot.nCells)}</td>
                <td>
                  {[
                    snapshot.version === shown ? 'shown' : null,
                    snapshot.version === records.serving.snapshot?.version ? 'served' : null,
                    snapshot.verification === null ? null : snapshot.verification.ok ? 'recounted' : 'recount disagrees',
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
