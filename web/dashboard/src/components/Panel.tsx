// A part of the page that loads, fails and recovers without touching its neighbours.

import type { ReactNode } from 'react';
import { detailsOf, type GatewayError, wordsOf } from '../api/client';
import { type Answered, type Loaded, shownOf } from '../api/cube';
import { t } from '../language';
import { Details } from './Details';
import { answeredIn, TakeButton } from './TakeButton';
import './Panel.css';

interface PanelProps<Data> {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly loaded: Loaded<Data>;
  readonly className?: string;
  /** Whether a failure is reported here; where several panels fail for the same reason, only one should. */
  readonly announce?: boolean | undefined;
  /** The numbers to take away, if not those of the loaded answer. */
  readonly taken?: Answered | null | undefined;
  readonly children: (data: Data, updating: boolean) => ReactNode;
}

export function Panel<Data>({ title, actions, loaded, className = '', announce = true, taken, children }: PanelProps<Data>) {
  const shown = shownOf(loaded);
  return (
    <section className={`panel ${className}`} aria-label={title} aria-busy={isBusy(loaded)}>
      <header className="panel-head">
        <h2>{title}</h2>
        {actions}
        {shown !== null && <TakeButton title={title} answered={taken ?? answeredIn(shown)} />}
      </header>
      <PanelBody loaded={loaded} announce={announce}>
        {children}
      </PanelBody>
    </section>
  );
}

/** The body alone, for a panel that has its own head. After a failure the previous content stays below it, dimmed. */
export function PanelBody<Data>({
  loaded,
  announce = true,
  children,
}: Pick<PanelProps<Data>, 'loaded' | 'announce' | 'children'>) {
  if (loaded.state === 'loading') return <Placeholder />;
  if (loaded.state === 'ready') {
    return (
      <div className={loaded.updating ? 'panel-body updating' : 'panel-body'}>
        {children(loaded.data, loaded.updating)}
      </div>
    );
  }
  const { before } = loaded;
  return (
    <>
      {announce ? <Failure {...loaded} kept={before !== null} /> : before === null && <NotLoaded />}
      {before !== null && <div className="panel-body kept">{children(before, true)}</div>}
    </>
  );
}

/** For a panel with nothing to show because of a failure that another panel reports. */
function NotLoaded() {
  return <p className="panel-body panel-hint">{t('panel.notLoaded')}</p>;
}

export function isBusy(loaded: Loaded<unknown>): boolean {
  return loaded.state === 'loading' || (loaded.state === 'ready' && loaded.updating);
}

/** Reserves the height of the content; the stylesheet shows it only after 150 ms, so that fast answers do not flash. */
export function Placeholder() {
  return (
    <div className="panel-body placeholder">
      <span className="visually-hidden">{t('panel.loading')}</span>
    </div>
  );
}

interface FailureProps {
  readonly error: GatewayError;
  readonly retry: () => void;
  readonly retrying: boolean;
  /** Whether the previous numbers are still shown. */
  readonly kept?: boolean;
}

export function Failure({ error, retry, retrying, kept = false }: FailureProps) {
  return (
    <div className="failure" role="alert">
      <p className="failure-title">{t(kept ? 'panel.notUpdated' : 'panel.failed')}</p>
      <p className="failure-cause">
        {wordsOf(error)}
        {kept && ` ${t('panel.kept')}`}
      </p>
      <p>
        <button type="button" className="button" onClick={retry} aria-disabled={retrying}>
          {t('panel.again')}
        </button>
        {error.retryable && <span className="muted"> {t('panel.retried')}</span>}
      </p>
      <Details text={detailsOf(error)} />
    </div>
  );
}
