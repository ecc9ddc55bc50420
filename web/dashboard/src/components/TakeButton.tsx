// The button that opens the menu for taking away what a panel shows. The menu is fetched when the button is pressed.

import { lazy, Suspense, useLayoutEffect, useRef, useState } from 'react';
import type { Answered } from '../api/cube';
import { useSession } from '../api/session';
import { t } from '../language';
import { offer } from '../take/registry';
import { Dropdown } from './Dropdown';
import './TakeButton.css';

const Slides = lazy(() => import('../take/Slides'));
const TakeMenu = lazy(() => import('../take/TakeMenu'));

interface TakeButtonProps {
  /** The panel's title. */
  readonly title: string;
  /** Its numbers, if they are one answer. */
  readonly answered: Answered | null;
  /** Whether the panel has rows of its own, so that the answer only tells their days, filter and snapshot. */
  readonly hasOwnRows?: boolean;
  /** Stands in the corner of a section that has no head; that is of the class `take-place`. */
  readonly inCorner?: boolean;
}

export function TakeButton({ title, answered, hasOwnRows = false, inCorner = false }: TakeButtonProps) {
  const { dataset, snapshot } = useSession();
  const [sliding, setSliding] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const taken = dataset !== null && snapshot !== null ? { title, dataset, snapshot, answered, hasOwnRows } : null;
  useLayoutEffect(() => {
    if (place.current && taken) offer(place.current, taken);
  });
  if (taken === null) return null;
  return (
    <span ref={place} data-take="no" className={inCorner ? 'take-corner' : undefined}>
      <Dropdown
        title={t('panel.takeAway', { title })}
        className="button button-quiet"
        label={
          <>
            <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
              <path d="M7 1v8M3.5 6 7 9.5 10.5 6M1.5 12.5h11" />
            </svg>
            <span className="visually-hidden">{t('panel.takeAway', { title })}</span>
          </>
        }
      >
        {(close) => (
          <Suspense fallback={null}>
            <TakeMenu
              taken={taken}
              panel={() => place.current?.closest('section') ?? null}
              onSlides={() => {
                close();
                setSliding(true);
              }}
            />
          </Suspense>
        )}
      </Dropdown>
      {sliding && (
        <Suspense fallback={null}>
          <Slides first={place} onClose={() => setSliding(false)} />
        </Suspense>
      )}
    </span>
  );
}

/** The answer, if that is what a panel shows. */
export function answeredIn(data: unknown): Answered | null {
  return typeof data === 'object' && data !== null && 'answer' in data && 'query' in data ? (data as Answered) : null;
}
