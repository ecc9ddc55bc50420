// Above a page that was opened by a link with numbers: who sent it and when, and whether the page shows those numbers. If
// their snapshot is gone, they are listed here, next to the newest ones.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asGatewayError, wordsOf } from '../api/client';
import { linkOptions } from '../api/sentLink';
import type { Dataset } from '../api/dataset';
import { type Snapshot, useSession } from '../api/session';
import { formatMoment } from '../format';
import { t } from '../language';
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
  const version = String(snapshot.version);
  return (
    <section className="sent-bar" aria-label={t('share.what')}>
      <p>
        {link && `${t('share.sentBy', { person: link.createdBy, moment: formatMoment(link.createdAt) })} `}
        {error && `${wordsOf(asGatewayError(error))} `}
        {link === null || isSame
          ? isHeld && `${t(link ? 'share.staysSent' : 'share.stays', { version })} `
          : `${t('share.differs', { sent: String(link.snapshot), version })} `}
        {isHeld ? (
          <button type="button" className="button" onClick={release}>
            {newest !== null && newest.version !== snapshot.version ? t('share.newestVersion', { version: String(newest.version) }) : t('share.newest')}
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
  if (isGone) return <span role="status">{t('share.gone', { version: String(version) })}</span>;
  return (
    <button type="button" className="button" onClick={() => void hold(version).then((isThere) => setIsGone(!isThere))}>
      {t('share.again', { version: String(version) })}
    </button>
  );
}
