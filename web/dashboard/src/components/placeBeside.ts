// Where a popover stands: below its button, or above where there is more room; never beyond the screen.

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Placed {
  readonly left: number;
  /** One of top and bottom is null; the popover grows towards that side. */
  readonly top: number | null;
  readonly bottom: number | null;
  readonly maxHeight: number;
}

const GAP = 6;
const MARGIN = 10;

export function placeBeside(anchor: Box, popover: Size, screen: Size): Placed {
  const left = Math.max(MARGIN, Math.min(anchor.left, screen.width - popover.width - MARGIN));
  const below = anchor.top + anchor.height + GAP;
  const roomBelow = screen.height - below - MARGIN;
  const roomAbove = anchor.top - GAP - MARGIN;
  if (popover.height <= roomBelow || roomBelow >= roomAbove) return { left, top: below, bottom: null, maxHeight: roomBelow };
  return { left, top: null, bottom: screen.height - anchor.top + GAP, maxHeight: roomAbove };
}
