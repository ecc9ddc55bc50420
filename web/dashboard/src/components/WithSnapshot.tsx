// Gives every page its dataset and snapshot, or says why there are none yet.

import { type ReactNode, useEffect } from 'react';
import { sentence } from '../api/client';
import type { Dataset } from '../api/dataset';
import { type Snapshot, useSession } from '../api/session';
import { t } from '../language';
import { Failure, Placeholder } from './Panel';
import './Panel.css';
import './Shell.css';

interface WithSnapshotProps {
  readonly title: string;
  readonly children: (dataset: Dataset, snapshot: Snapshot) => ReactNode;
}

export function WithSnapshot({ title, children }: WithSnapshotProps) {
  const { dataset, snapshot, error, retry, link } = useSession();
  useEffect(() => {
    document.title = dataset ? t('words.dataPageTitle', { page: title, dataset: dataset.name }) : t('words.pageTitle', { page: title });
  }, [dataset, title]);

  if (dataset && snapshot) return children(dataset, snapshot);
  return (
    <main className="page" id="main">
      <h1 className="visually-hidden">{title}</h1>
      <div className="panel panel-start">
        {dataset ? (
          <div className="panel-body empty" role="status">
            <p className="empty-title">{t('panel.noSnapshot')}</p>
            <p>{link.status?.message == null ? t('panel.fillsItself') : sentence(link.status.message)}</p>
          </div>
        ) : error ? (
          <Failure error={error} retry={retry} retrying={false} />
        ) : (
          <Placeholder />
        )}
      </div>
    </main>
  );
}
