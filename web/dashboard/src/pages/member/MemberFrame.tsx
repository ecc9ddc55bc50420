// The frame of a page about one member: breadcrumbs, name, and controls.

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type Loaded as LoadedPanel, shownOf, type Answered } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { t } from '../../language';
import { AddressNotes } from '../explore/AddressNotes';
import { Controls } from '../explore/Controls';
import { Notes } from '../explore/Notes';
import { carriedSearch, type PageState } from '../explore/usePageState';
import '../../components/Shell.css';
import './MemberFrame.css';

interface MemberFrameProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly page: PageState;
  readonly name: string;
  /** What stands next to the name, such as the title of a piece of media. */
  readonly about: ReactNode;
  /** The answer whose days the numbers cover. */
  readonly loaded: LoadedPanel<Answered>;
  readonly children: ReactNode;
}

export function MemberFrame({ dataset, snapshot, page, name, about, loaded, children }: MemberFrameProps) {
  const { state, change, problems, refusal } = page;
  const shown = shownOf(loaded);
  return (
    <main className="page" id="main">
      <header className="member-head">
        <nav className="member-crumbs" aria-label={t('member.where')}>
          <Link to="/" search={carriedSearch(state, dataset)}>
            {t('page.explore')}
          </Link>
        </nav>
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <span className="muted">{about}</span>
      </header>
      <AddressNotes problems={problems} refusal={refusal} />
      <Controls dataset={dataset} snapshot={snapshot} state={state} change={change} hasRows={false} />
      {shown && <Notes dataset={dataset} loaded={loaded} />}
      {children}
    </main>
  );
}
