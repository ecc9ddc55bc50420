// The tour: a card in the corner, and a frame around what it is about. Nothing behind it is out of reach.

import { Link } from '@tanstack/react-router';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { rich, t } from '../../language';
import { STEPS } from './steps';
import { beginTour, endTour, goTo, useTour } from './tour';
import './Tour.css';

export default function Tour() {
  const { isOffered, step } = useTour();
  if (step !== null) return <Step key={step} at={step} />;
  if (!isOffered) return null;
  return (
    <aside className="tour" aria-label={t('tour.label')}>
      <p>{rich('tour.offer', { b: <strong /> })}</p>
      <p className="tour-actions">
        <button type="button" className="button button-primary" onClick={beginTour}>
          {t('tour.show')}
        </button>
        <button type="button" className="button" onClick={endTour}>
          {t('tour.decline')}
        </button>
      </p>
    </aside>
  );
}

function Step({ at }: { readonly at: number }) {
  const card = useRef<HTMLElement>(null);
  const step = STEPS[at];
  const isLast = at === STEPS.length - 1;
  useEffect(() => {
    card.current?.focus({ preventScroll: true });
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') endTour();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  if (!step) return null;
  return (
    <>
      <Frame place={step.place} />
      <aside ref={card} className="tour" aria-label={t('tour.label')} tabIndex={-1}>
        <p className="muted">
          {t('tour.step', { step: at + 1, steps: STEPS.length })}
        </p>
        <p>{rich(step.text, { b: <strong /> })}</p>
        <p className="tour-actions">
          {at > 0 && (
            <button type="button" className="button" onClick={() => goTo(at - 1)}>
              {t('tour.back')}
            </button>
          )}
          {isLast ? (
            <Link to="/help" className="button button-primary" onClick={endTour}>
              {t('tour.toHelp')}
            </Link>
          ) : (
            <button type="button" className="button button-primary" onClick={() => goTo(at + 1)}>
              {t('tour.next')}
            </button>
          )}
          <button type="button" className="button button-quiet" onClick={endTour}>
            {t('tour.end')}
          </button>
        </p>
      </aside>
    </>
  );
}

/** Around what a step is about, wherever that is scrolled to. */
function Frame({ place }: { readonly place: string }) {
  const [box, setBox] = useState<DOMRect | null>(null);
  useLayoutEffect(() => {
    const element = document.querySelector(place);
    if (!element) return;
    element.scrollIntoView({ block: 'nearest' });
    const measure = () => setBox(element.getBoundingClientRect());
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    sizes.observe(document.body);
    addEventListener('scroll', measure, { passive: true });
    return () => {
      sizes.disconnect();
      removeEventListener('scroll', measure);
    };
  }, [place]);
  if (box === null) return null;
  return <div className="tour-frame" aria-hidden="true" style={{ left: box.left, top: box.top, width: box.width, height: box.height }} />;
}
