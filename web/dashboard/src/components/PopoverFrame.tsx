// The popover of a Dropdown: it takes the focus, Escape and a click outside close it, and the focus returns to the
// button. It is the browser's own modal dialog, which keeps the focus inside and the rest of the page inert.

import { type ReactNode, type RefObject, useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import { placeBeside } from './placeBeside';
import { useNewest } from './useNewest';
import './PopoverFrame.css';

interface PopoverFrameProps {
  /** What it stands beside. */
  readonly trigger: RefObject<HTMLElement | null>;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export default function PopoverFrame({ trigger, title, onClose, children }: PopoverFrameProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useNewest(onClose);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    const place = () => {
      if (!trigger.current) return;
      const { scrollWidth, scrollHeight, style } = element;
      const placed = placeBeside(trigger.current.getBoundingClientRect(), { width: scrollWidth, height: scrollHeight }, { width: innerWidth, height: innerHeight });
      style.left = `${placed.left}px`;
      style.top = placed.top === null ? 'auto' : `${placed.top}px`;
      style.bottom = placed.bottom === null ? 'auto' : `${placed.bottom}px`;
      style.maxHeight = `${placed.maxHeight}px`;
    };
    place();
    const sizes = new ResizeObserver(place);
    if (element.firstElementChild) sizes.observe(element.firstElementChild);
    addEventListener('resize', place);
    return () => {
      sizes.disconnect();
      removeEventListener('resize', place);
      // While it is still in the document: closing returns the focus.
      element.close();
    };
  }, [trigger]);

  useLayoutEffect(() => {
    const element = dialog.current;
    const onPointerDown = (event: PointerEvent) => {
      // A click on the backdrop has the dialog as its target, as has one on the dialog's own scroll bar.
      if (event.target !== element || !element) return;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      if (event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom) return;
      event.preventDefault();
      close.current();
    };
    element?.addEventListener('pointerdown', onPointerDown);
    return () => element?.removeEventListener('pointerdown', onPointerDown);
  }, [close]);

  return createPortal(
    <dialog
      ref={dialog}
      className="popover"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        if (!event.currentTarget.open) onClose();
      }}
    >
      <div>{children}</div>
    </dialog>,
    document.body,
  );
}
