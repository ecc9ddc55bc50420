// The panels of a page one by one, as large as the screen, for a wall display or a meeting; in print, one on each page.

import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { t } from '../language';
import { aboutLines } from './about';
import { addressOf, pictureOf } from './picture';
import { type Offered, offers } from './registry';
import './Slides.css';

interface SlidesProps {
  /** The button of the panel to show first. */
  readonly first: RefObject<Element | null>;
  readonly onClose: () => void;
}

interface Slide {
  readonly address: string;
  readonly words: string;
}

async function slideOf({ body, taken }: Offered): Promise<Slide> {
  return { address: addressOf(await pictureOf(body, taken)), words: [taken.title, ...aboutLines(taken)].join('. ') };
}

export default function Slides({ first, onClose }: SlidesProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [slides, setSlides] = useState<readonly Slide[]>([]);
  const [at, setAt] = useState(0);

  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    let isOpen = true;
    const panels = offers();
    const draw = async () => {
      const drawn = await Promise.all(panels.map(slideOf));
      if (!isOpen) return;
      setSlides(drawn);
      setAt(Math.max(0, panels.findIndex(({ button }) => button === first.current)));
    };
    void draw();
    return () => {
      isOpen = false;
    };
  }, [first]);

  const go = (to: number) => setAt(Math.min(slides.length - 1, Math.max(0, to)));
  const onKeyDown = (event: KeyboardEvent) => {
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, PageDown: at + 1, PageUp: at - 1, Home: 0, End: slides.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    go(target);
  };

  return createPortal(
    // Its keys do what its buttons do.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog ref={dialog} className="slides" aria-label={t('take.slides')} onClose={onClose} onKeyDown={onKeyDown}>
      {slides.map(({ address, words }, index) => (
        // A slide is identified by its position.
        // oxlint-disable-next-line react/no-array-index-key
        <img key={index} className={index === at ? 'slide' : 'slide slide-off'} src={address} alt={words} />
      ))}
      {/* A button that is only aria-disabled keeps the focus, and with it the arrow keys work. */}
      <p className="slides-foot">
        <button type="button" className="button" aria-disabled={at === 0} onClick={() => go(at - 1)}>
          {t('take.previous')}
        </button>
        <span role="status">{slides.length === 0 ? t('take.drawing') : t('take.slideOf', { at: at + 1, all: slides.length })}</span>
        <button type="button" className="button" aria-disabled={at >= slides.length - 1} onClick={() => go(at + 1)}>
          {t('take.next')}
        </button>
        <button type="button" className="button" onClick={() => print()}>
          {t('take.print')}
        </button>
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          {t('take.close')}
        </button>
      </p>
    </dialog>,
    document.body,
  );
}
