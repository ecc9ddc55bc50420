// Which view Explore shows, whether it was changed since, and buttons to save what is shown.

import { Link, useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { AddViewDocument, ChangeViewDocument } from '../../api/generated';
import { readOpened, rememberOpened, useKeep, useViews, type View } from '../../api/views';
import { rich, t } from '../../language';
import { NameForm } from './NameForm';
import './ViewBar.css';

export default function ViewBar() {
  const { data } = useViews();
  if (!data?.keeping.isOn) return <div className="view-bar" />;
  return <Bar views={data.views} />;
}

function Bar({ views }: { readonly views: readonly View[] }) {
  const address = useLocation({ select: ({ pathname, searchStr }) => `${pathname}${searchStr}` });
  const { history } = useRouter();
  const { keep, problem } = useKeep();
  const [naming, setNaming] = useState(false);
  useBegin(views, address);
  // An address that equals a view's is that view, however readers came there.
  const view = views.find((one) => one.address === address) ?? views.find((one) => one.id === readOpened());
  const isChanged = view !== undefined && view.address !== address;

  const saveAs = async (name: string) => {
    const added = await keep(AddViewDocument, { view: { name, address, isShared: false } });
    if (added === null) return;
    rememberOpened(added.addView.id);
    setNaming(false);
  };
  const save = async ({ id, revision, name, isShared }: View) => {
    await keep(ChangeViewDocument, { id, revision, view: { name, address, isShared } });
  };

  return (
    <section className="view-bar" aria-label={t('views.view')}>
      {view ? (
        <span className="view-now">
          {rich('views.now', { name: view.name, label: <span className="muted" />, of: <strong dir="auto" /> })}
          {isChanged && <span className="view-changed">{t('views.changed')}</span>}
        </span>
      ) : (
        <span className="muted">{t('views.noneOpen')}</span>
      )}
      {view && isChanged && (
        <>
          <button type="button" className="button" onClick={() => history.push(view.address)}>
            {t('words.reset')}
          </button>
          {view.isMine && (
            <button type="button" className="button" onClick={() => void save(view)}>
              {t('words.save')}
            </button>
          )}
        </>
      )}
      {naming ? (
        <NameForm label={t('views.nameOfNew')} name="" onName={(name) => void saveAs(name)} onCancel={() => setNaming(false)} />
      ) : (
        <button type="button" className="button" onClick={() => setNaming(true)}>
          {t('views.saveAs')}
        </button>
      )}
      <Link to="/views" search={{}} className="button button-quiet">
        {t('views.all')}
      </Link>
      {problem !== null && (
        <p className="view-problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

const BEGUN = 'clio.begun';

/** A tab that is opened at the bare address shows the default view. */
function useBegin(views: readonly View[], address: string): void {
  const { history } = useRouter();
  useEffect(() => {
    let hasBegun = true;
    try {
      hasBegun = sessionStorage.getItem(BEGUN) !== null;
      sessionStorage.setItem(BEGUN, '1');
    } catch {
      // A browser that forbids storage cannot tell whether this is the first visit, so it counts as begun.
    }
    const view = views.find((one) => one.isDefault);
    if (hasBegun || address !== '/' || view === undefined) return;
    rememberOpened(view.id);
    history.replace(view.address);
  }, [views, address, history]);
}
