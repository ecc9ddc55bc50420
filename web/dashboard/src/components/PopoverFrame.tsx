// The popover of a Dropdown: focus goes in, Escape and a click outside close it, and focus returns to the button.

import type { ReactNode, RefObject } from 'react';
import { Dialog, I18nProvider, Popover } from 'react-aria-components';
import './PopoverFrame.css';

interface PopoverFrameProps {
  /** What it stands beside. */
  readonly trigger: RefObject<HTMLElement | null>;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** This English writes typed dates as year, month, day, which nobody reads the wrong way round. */
const LOCALE = 'en-CA';

export default function PopoverFrame({ trigger, title, onClose, children }: PopoverFrameProps) {
  return (
    <I18nProvider locale={LOCALE}>
      <Popover
        className="popover"
        triggerRef={trigger}
        isOpen
        placement="bottom start"
        onOpenChange={(open) => {
          if (!open) onClose();
        }}
      >
        <Dialog className="popover-body" aria-label={title}>
          {children}
        </Dialog>
      </Popover>
    </I18nProvider>
  );
}
