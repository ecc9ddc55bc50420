// A part of the page with its own fate: it loads, fails and recovers without touching its neighbours.

import type { ReactNode } from 'react';
import type { GatewayError } from '../api/client';
import type { Loaded } from '../api/cube';

interface PanelProps<Data> {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly loaded: Loaded<Data>;
  readonly className?: string;
  /** Whether a failure is spoken; of several panels that fail with one answer only one should be. */
  readonly announce?: boolean | undefined;
  readonly children: (data: Data, updating: boolean) => ReactNode;
}

export function Panel<Data>({ title, actions, loaded, className = '', announce, children }: PanelProps<Data>) {
  return (
    <section className={`panel ${className}`} aria-label={title} aria-busy={isBusy(loaded)}>
      <header className="panel-head">
        <h2>{title}</h2>
        {actions}
      </header>
      <PanelBody loaded={loaded} announce={announce}>
        {children}
      </PanelBody>
    </section>
  );
}

/** The body alone, for a panel without a head of its own. */
export function PanelBody<Data>({
  loaded,
  announce,
  children,
}: Pick<PanelProps<Data>, 'loaded' | 'announce' | 'children'>) {
  if (loaded.state === 'loading') return <Placeholder />;
  if (loaded.state === 'failed') return <Failure {...loaded} announce={announce} />;
  return (
    <div className={loaded.updating ? 'panel-body updating' : 'panel-body'}>
      {children(loaded.data, loaded.updating)}
    </div>
  );
}

export function isBusy(loaded: Loaded<unknown>): boolean {
  return loaded.state === 'loading' || (loaded.state === 'ready' && loaded.updating);
}

/** Holds the height of what is to come; the stylesheet shows it only after 150 ms, so that fast answers do not flash. */
export function Placeholder() {
  return (
    <div className="panel-body placeholder">
      <span className="visually-hidden">Loading</span>
    </div>
  );
}

interface FailureProps {
  readonly error: GatewayError;
  readonly retry: () => void;
  readonly retrying: boolean;
  readonly announce?: boolean | undefined;
}

export function Failure({ error, retry, retrying, announce = true }: FailureProps) {
  return (
    <div className="failure" role={announce ? 'alert' : undefined}>
      <p className="failure-title">This could not be loaded.</p>
      <p className="failure-cause">{sentence(error.message)}</p>
      <p>
        <button type="button" className="button" onClick={retry} aria-disabled={retrying}>
          Try again
        </button>
        {error.retryable && <span className="muted"> It is also tried again by itself every few seconds.</span>}
      </p>
    </div>
  );
}

/** An error message of the gateway as a sentence: they are lower case without a full stop. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
