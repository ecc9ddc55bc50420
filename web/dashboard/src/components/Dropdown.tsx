// A button that opens a popover. The button is ready at once; the popover (React Aria's) is loaded on first use.

import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';

const PopoverFrame = lazy(() => import('./PopoverFrame'));

interface DropdownProps {
  /** What the popover is called, for those who cannot see it. */
  readonly title: string;
  readonly label: ReactNode;
  /** The full name of the button, where its visible text alone would be unclear. It begins with that text. */
  readonly accessibleName?: string;
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
}

export function Dropdown({ title, label, accessibleName, className = 'button', children }: DropdownProps) {
  const [open, setOpen] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={accessibleName}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <Suspense fallback={null}>
          <PopoverFrame trigger={trigger} title={title} onClose={() => setOpen(false)}>
            {children(() => setOpen(false))}
          </PopoverFrame>
        </Suspense>
      )}
    </>
  );
}
