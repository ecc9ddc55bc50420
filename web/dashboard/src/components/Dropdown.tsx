// A button that opens a popover. The button is ready at once; the popover is loaded on first use.

import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import './Dropdown.css';

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const loadFrame = () => import('./PopoverFrame');
const PopoverFrame = lazy(loadFrame);

interface DropdownProps {
  /** The popover's accessible name. */
  readonly title: string;
  readonly label: ReactNode;
  /** The button's accessible name, where its visible text alone would be unclear. It begins with that text. */
  readonly accessibleName?: string;
  readonly className?: string;
  /** The letter that presses it, from anywhere on the page. */
  readonly shortcut?: string;
  /** Fetches the popover's content when somebody is about to open it. */
  readonly prefetch?: () => Promise<unknown>;
  readonly children: (close: () => void) => ReactNode;
}

export function Dropdown({ title, label, accessibleName, className = 'button', shortcut, prefetch, children }: DropdownProps) {
  // Where the button was when it was pressed: a choice in the popover may move the button, but must not move the popover
  // away from the pointer.
  const [place, setPlace] = useState<Place | null>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const close = () => setPlace(null);
  const approach = () => {
    // A failed prefetch is retried, and reported, when the popover is opened.
    Promise.all([loadFrame(), prefetch?.()]).catch(() => {});
  };
  return (
    <>
      <button
        type="button"
        className={className}
        aria-haspopup="dialog"
        aria-expanded={place !== null}
        aria-label={accessibleName}
        aria-keyshortcuts={shortcut}
        data-key={shortcut}
        onPointerEnter={approach}
        onFocus={approach}
        onClick={({ currentTarget }) => {
          const { left, top, width, height } = currentTarget.getBoundingClientRect();
          setPlace(place === null ? { left, top, width, height } : null);
        }}
      >
        {label}
      </button>
      {place !== null && (
        <>
          <span ref={anchor} className="popover-anchor" style={place} aria-hidden="true" />
          <Suspense fallback={null}>
            <PopoverFrame trigger={anchor} title={title} onClose={close}>
              {/* A boundary of its own: suspended content would otherwise close the popover around it. */}
              <Suspense fallback={<div className="popover-wait" />}>{children(close)}</Suspense>
            </PopoverFrame>
          </Suspense>
        </>
      )}
    </>
  );
}
