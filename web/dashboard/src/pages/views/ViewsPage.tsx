// The saved views: one's own, the shared ones, the default, and those opened last.

import { useState } from 'react';
import { asGatewayError } from '../../api/client';
import { ChangeViewDocument, RemoveViewDocument, RestoreViewDocument, SetDefaultViewDocument } from '../../api/generated';
import { type Keep, useKeep, useOpenView, useViews, type View } from '../../api/views';
import { Failure, Placeholder } from '../../components/Panel';
import { Segments } from '../../components/Segments';
import { WithSnapshot } from '../../components/WithSnapshot';
import { formatMoment } from '../../format';
import { type BareKey, t } from '../../language';
import { NameForm } from './NameForm';
import '../../components/Panel.css';
import '../../components/Segments.css';
import '../../components/Shell.css';
import './ViewBar.css';
import './ViewsPage.css';

export function ViewsPage() {
  return <WithSnapshot title={t('page.views')}>{() => <Loaded />}</WithSnapshot>;
}

function Loaded() {
  const views = useViews();
  return (
    <main className="page" id="main">
      <h1 className="views-title">{t('page.views')}</h1>
      {views.data ? (
        views.data.keeping.hint === null ? (
          <Kept views={views.data.views} />
        ) : (
          <p className="panel views-empty">{t('views.notKept', { hint: views.data.keeping.hint })}</p>
        )
      ) : (
        <div className="panel panel-start">
          {views.error ? (
            <Failure error={asGatewayError(views.error)} retry={() => void views.refetch()} retrying={views.isFetching} />
          ) : (
            <Placeholder />
          )}
        </div>
      )}
    </main>
  );
}

const LISTS = ['mine', 'shared', 'recent'] as const;
type List = (typeof LISTS)[number];

const NONE: Readonly<Record<List, BareKey>> = {
  mine: 'views.noneMine',
  shared: 'views.noneShared',
  recent: 'views.noneRecent',
};

function viewsOf(list: List, views: readonly View[]): readonly View[] {
  if (list === 'mine') return views.filter((view) => view.isMine);
  if (list === 'shared') return views.filter((view) => view.isShared);
  const opened = views.filter((view) => view.openedAt !== null);
  return opened.toSorted((a, b) => Date.parse(b.openedAt ?? '') - Date.parse(a.openedAt ?? ''));
}

function Kept({ views }: { readonly views: readonly View[] }) {
  const [list, setList] = useState<List>('mine');
  const [removed, setRemoved] = useState<View | null>(null);
  const { keep, problem } = useKeep();
  const shown = viewsOf(list, views);

  const remove = async ({ id, revision }: View) => {
    const result = await keep(RemoveViewDocument, { id, revision });
    if (result !== null) setRemoved(result.removeView);
  };
  const undo = async ({ id, revision }: View) => {
    if ((await keep(RestoreViewDocument, { id, revision })) !== null) setRemoved(null);
  };

  return (
    <section className="panel" aria-label={t('page.views')}>
      <header className="panel-head">
        <Segments
          legend={t('views.which')}
          name="views"
          options={LISTS.map((id) => ({ id, label: t(`views.${id}`) }))}
          value={list}
          onChange={setList}
        />
      </header>
      {problem !== null && (
        <p className="view-problem views-line" role="alert">
          {problem}
        </p>
      )}
      {shown.length === 0 ? (
        <p className="views-empty">{t(NONE[list])}</p>
      ) : (
        <ul>
          {shown.map((view) => (
            <Row key={view.id} view={view} keep={keep} onRemove={() => void remove(view)} />
          ))}
        </ul>
      )}
      <p className="views-line views-undo" role="status">
        {removed !== null && (
          <>
            {t('views.deleted', { name: removed.name })}{' '}
            <button type="button" className="button" onClick={() => void undo(removed)}>
              {t('words.undo')}
            </button>
          </>
        )}
      </p>
    </section>
  );
}

interface RowProps {
  readonly view: View;
  readonly keep: Keep['keep'];
  readonly onRemove: () => void;
}

function Row({ view, keep, onRemove }: RowProps) {
  const [naming, setNaming] = useState(false);
  const open = useOpenView();
  const { id, revision, name, address, isShared, isMine, isDefault, openedAt, changedAt } = view;
  const change = (part: Partial<Pick<View, 'name' | 'isShared'>>) =>
    keep(ChangeViewDocument, { id, revision, view: { name, address, isShared, ...part } });

  return (
    <li className="view">
      {naming ? (
        <NameForm
          label={t('views.newName', { name })}
          name={name}
          onName={(text) => void change({ name: text }).then((result) => result !== null && setNaming(false))}
          onCancel={() => setNaming(false)}
        />
      ) : (
        <span className="view-name">
          <a
            href={address}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              open(view);
            }}
          >
            <bdi>{name}</bdi>
          </a>
          {isDefault && <span className="view-mark">{t('views.default')}</span>}
          {isShared && <span className="view-mark">{t('views.isShared')}</span>}
        </span>
      )}
      <span className="view-when muted">
        {openedAt === null ? t('views.never', { changed: formatMoment(changedAt) }) : t('views.opened', { opened: formatMoment(openedAt), changed: formatMoment(changedAt) })}
      </span>
      <span className="view-actions">
        <button type="button" className="button button-quiet" aria-pressed={isDefault} aria-label={t('views.startWith', { name })} onClick={() => void keep(SetDefaultViewDocument, { id: isDefault ? null : id })}>
          {t('views.start')}
        </button>
        {isMine && (
          <>
            <button type="button" className="button" aria-label={t('views.renameNamed', { name })} onClick={() => setNaming(true)}>
              {t('views.rename')}
            </button>
            <button type="button" className="button button-quiet" aria-pressed={isShared} aria-label={t('views.shareNamed', { name })} onClick={() => void change({ isShared: !isShared })}>
              {t('views.share')}
            </button>
            <button type="button" className="button" aria-label={t('views.deleteNamed', { name })} onClick={onRemove}>
              {t('views.delete')}
            </button>
          </>
        )}
      </span>
    </li>
  );
}
