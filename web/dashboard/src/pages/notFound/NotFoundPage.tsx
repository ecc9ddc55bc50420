// Shown for an address that leads nowhere.

import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { t } from '../../language';
import '../../components/Panel.css';
import '../../components/Shell.css';

export function NotFoundPage() {
  useEffect(() => {
    document.title = t('words.pageTitle', { page: t('pages.notFoundTitle') });
  }, []);
  return (
    <main className="page" id="main">
      <div className="panel panel-start">
        <div className="panel-body empty">
          <h1 className="empty-title">{t('pages.notFound')}</h1>
          <p>
            <Link to="/" search={{}}>
              {t('pages.toExplore')}
            </Link>
          </p>
        </div>
      </div>
    </main>
  );
}
