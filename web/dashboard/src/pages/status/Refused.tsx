// The versions of the lake that are not served, and why: they were written by hand or by another release, or are damaged.

import { formatMoment } from '../../format';
import { TakeButton } from '../../components/TakeButton';
import type { Records } from './StatusPage';
import '../../components/Panel.css';
import './Refused.css';

interface RefusedProps {
  readonly versions: Records['refusedSnapshots'];
}

export function Refused({ versions }: RefusedProps) {
  return (
    <section className="panel" aria-label="Refused versions">
      <header className="panel-head">
        <h2>Refused versions</h2>
        {versions.length > 0 && <span className="muted panel-note">newest first</span>}
        <TakeButton title="Refused versions" answered={null} />
      </header>
      <div className="panel-body refused-frame" role="group" aria-label="Refused versions, newest first" tabIndex={0}>
        {versions.length === 0 && <p className="panel-hint">No version of the lake among these snapshots was refused.</p>}
        <ol className="refused">
          {versions.map(({ version, committedAt, reason }) => (
            <li key={version}>
              <p>
                <strong>✕ version {version}</strong>{' '}
                <span className="muted">{committedAt === null ? 'committed at an unknown time' : `committed ${formatMoment(committedAt)}`}</span>
              </p>
              <p>{reason}</p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
