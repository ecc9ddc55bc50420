// The frame of every page: navigation, which snapshot is shown, and whether the link is up.

import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useSession } from '../api/session';
import { t } from '../language';
import { Dropdown } from './Dropdown';
import { LanguageSwitch } from './LanguageSwitch';
import { pagesOf } from './pages';
import { LinkBanner } from './LinkBanner';
import { SnapshotBadge } from './SnapshotBadge';
import { ThemeSwitch } from './ThemeSwitch';
import { useTour } from './tour/tour';
import { useTrailKeys } from './trail';
import { useKeys } from './useKeys';
import './LinkBanner.css';
import './Shell.css';

const CommandMenu = lazy(() => import('./find/CommandMenu'));
const NewOutliers = lazy(() => import('./NewOutliers'));
const SentBar = lazy(() => import('../share/SentBar'));
const Tour = lazy(() => import('./tour/Tour'));
const ShareMenu = lazy(() => import('../share/ShareMenu'));

export function Shell() {
  const { link, insecure, me, snapshot, behind, dataset, isHeld } = useSession();
  const { isOffered, step } = useTour();
  const isExplore = useLocation({ select: ({ pathname }) => pathname === '/' });
  const sent = useLocation({ select: ({ state }) => state.sent });
  const [finding, setFinding] = useState(false);
  useKeys(() => setFinding(true));
  useTrailKeys();
  return (
    <>
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header className="bar">
        <Link to="/" search={{}} className="brand" aria-label={t('shell.brand')}>
          <img src="/favicon.svg" alt="" width="22" height="22" />
          Clio
        </Link>
        <nav className="bar-nav" aria-label={t('shell.pages')}>
          {pagesOf(dataset).map(({ to, label }) => (
            <Link key={to} to={to} search={{}} className="bar-page" activeOptions={{ exact: to === '/', includeSearch: false }}>
              {t(label)}
              {to === '/outliers' && (
                <Suspense fallback={null}>
                  <NewOutliers />
                </Suspense>
              )}
            </Link>
          ))}
          <Link to="/help" className="bar-page">
            {t('page.help')}
          </Link>
        </nav>
        {dataset && <span className="bar-dataset muted">{dataset.name}</span>}
        <span className="bar-space" />
        <button type="button" className="bar-find" disabled={!dataset || !snapshot} onClick={() => setFinding(true)}>
          {t('shell.find')} <span className="bar-hint">{t('shell.findHint')}</span> <kbd>Ctrl K</kbd>
        </button>
        {dataset && snapshot && (
          <span data-tour="send">
            <Dropdown title={t('shell.sendTitle')} label={t('shell.send')} className="button button-quiet">
              {() => <ShareMenu dataset={dataset} version={snapshot.version} />}
            </Dropdown>
          </span>
        )}
        <SnapshotBadge link={link} snapshot={snapshot} behind={behind} />
        <a className="bar-link" href="/graphiql">
          GraphiQL
        </a>
        {me && (
          <span className="bar-me muted" title={me.kind === 'user' ? t('shell.signedIn') : t('shell.signedInAs', { kind: me.kind })}>
            <bdi>{me.name}</bdi>
          </span>
        )}
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      {insecure && <p className="banner">{t('shell.insecure')}</p>}
      <LinkBanner link={link} snapshot={snapshot} behind={behind} />
      {(isHeld || sent !== undefined) && dataset && snapshot && (
        <Suspense fallback={null}>
          <SentBar id={sent ?? null} dataset={dataset} snapshot={snapshot} />
        </Suspense>
      )}
      <Suspense fallback={<main className="page" id="main" />}>
        <Outlet />
      </Suspense>
      {dataset && snapshot && isExplore && (isOffered || step !== null) && (
        <Suspense fallback={null}>
          <Tour />
        </Suspense>
      )}
      {finding && dataset && snapshot && (
        <Suspense fallback={null}>
          <CommandMenu dataset={dataset} version={snapshot.version} onClose={() => setFinding(false)} />
        </Suspense>
      )}
    </>
  );
}
