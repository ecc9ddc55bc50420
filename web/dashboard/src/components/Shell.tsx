// The frame of every page: where one is, which snapshot is shown, and whether the link is up.

import { Link, Outlet } from '@tanstack/react-router';
import { useSession } from '../api/session';
import { LinkBanner } from './LinkBanner';
import { SnapshotBadge } from './SnapshotBadge';
import { ThemeSwitch } from './ThemeSwitch';
import './LinkBanner.css';
import './Shell.css';

export function Shell() {
  const { link, insecure, snapshot, behind, dataset } = useSession();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="bar">
        <Link to="/" search={{}} className="brand">
          <img src="/favicon.svg" alt="" width="22" height="22" />
          Clio
        </Link>
        {dataset && <span className="bar-dataset muted">{dataset.name}</span>}
        <span className="bar-space" />
        <SnapshotBadge link={link} snapshot={snapshot} behind={behind} />
        <a className="bar-link" href="/graphiql">
          GraphiQL
        </a>
        <ThemeSwitch />
      </header>
      {insecure && <p className="banner">Open to everybody: whoever reaches this address can read everything here.</p>}
      <LinkBanner link={link} snapshot={snapshot} behind={behind} />
      <Outlet />
    </>
  );
}
