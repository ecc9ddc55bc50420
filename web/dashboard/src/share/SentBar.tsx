// Above a page that was opened by a link with numbers: who sent it and when, and whether the page shows those numbers. If
// their snapshot is gone, they are listed here, next to the newest ones.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asGatewayError, wordsOf } from '../api/client';
import { linkOptions } from '../api/sentLink';
import type { Dataset } from '../api/dataset';
import { type Snapshot, useSession } from '../api/session';
import { formatMoment } from '../format';
import { SentNumbers } from './SentNumbers';
import './SentBar.css';

interface SentBarProps {
  /** The link that opened the page; null if the page stays at a snapshot for another reason. */
  readonly id: string | null;
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
}

export default function SentBar({ id, dataset, snapshot }: SentBarProps) {
  const { isHeld, newest, hold, release } = useSession();
  const { data, error } = useQuery(linkOptions(id));
  const link = id === null ? null : (data?.link ?? null);
  const isSame = link?.snapshot === snapshot.version;
  return (
    <section className="sent-bar" aria-label="What was sent">
      <p>
        {link && `Sent by ${link.createdBy}, ${formatMoment(link.createdAt)}. `}
        {error && `${wordsOf(asGatewayError(error))} `}
        {link === null || isSame ? isHeld && `The page stays at snapshot ${snapshot.version}${link ? ', whose numbers were sent' : ''}. ` : `The sent numbers are from snapshot ${link.snapshot}; the page shows snapshot ${snapshot.version}. `}
        {isHeld ? (
          <button type="button" className="button" onClick={release}>
            Show the newest{newest !== null && newest.version !== snapshot.version ? `, snapshot ${newest.version}` : ''}
          </button>
        ) : (
          link !== null && !isSame && <Again version={link.snapshot} hold={hold} />
        )}
      </p>
      {link !== null && !isSame && <SentNumbers dataset={dataset} version={snapshot.version} link={link} />}
    </section>
  );
}

function Again({ version, hold }: { readonly version: number | null; readonly hold: (version: number) => Promise<boolean> }) {
  const [isGone, setIsGone] = useState(false);
  if (version === null) return null;
  if (isGone) return <span role="status">Snapshot {version} is not available any more.</span>;
  return (
    <button type="button" className="button" onClick={() => void hold(version).then((isThere) => setIsGone(!isThere))}>
      Show snapshot {version}
    </button>
  );
}
