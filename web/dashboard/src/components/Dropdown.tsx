// A button that opens a popover. The button is ready at once; the popover (React Aria's) is loaded on first use.

import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import './Dropdown.css';

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const PopoverFrame = lazy(() => import('./PopoverFrame'));

interface DropdownProps {
  /** What the popover is called, for those who cannot see it. */
  readonly title: string;
  readonly label: ReactNode;
  /** The full name of the button, where its visible text alone would be unclear. It begins with that text. */
  readonly accessibleName?: string;
  readonly className?: string;
  /** The letter that presses it, from anywhere on the page. */
  readonly shortcut?: string;
  readonly children: (close: () => void) => ReactNode;
}

export function Dropdown({ title, label, accessibleName, className = 'button', shortcut, children }: DropdownProps) {
  // Where the button was when it was pressed: what is chosen in the popover may move the button, and the popover must
  // not move from under the pointer.
  const [place, setPlace] = useState<Place | null>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const close = () => setPlace(null);
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
              {children(close)}
            </PopoverFrame>
          </Suspense>
        </>
      )}
    </>
  );
}
