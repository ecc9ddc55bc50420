// Where rows lie when there are more of them than a browser can make an element high.
//
// Browsers cut elements somewhere between 17 and 33 million pixels, less where the page is zoomed. A body that would be
// higher is drawn at TALLEST, and two offsets are kept: the drawn one, which is the element's scrollTop, and the full
// one, which says where in all the rows the view is.
//
//   drawn  0 ── EDGE ──────────────── D - EDGE ── D      D: the last scrollTop
//          │ 1:1 │     compressed        │   1:1  │
//   full   0 ── EDGE ──────────────── F - EDGE ── F      F: the last offset of the view
//
// A jump (a dragged thumb) is mapped by this picture. A small step (a wheel, a finger) moves both by the same pixels,
// so that no row is skipped; when scrolling pauses, the drawn offset is set back to what the picture says.

/** In pixels; safe in every browser at a zoom of 200 %. */
export const TALLEST = 8_000_000;
const EDGE = 1_000_000;
/** A step of more than so many view heights is a jump. */
const SMALL_STEP_VIEWS = 2;

export interface Scale {
  /** The height of all rows. */
  readonly full: number;
  /** The height of the element that stands for them. */
  readonly drawn: number;
  /** The height of the visible part. */
  readonly view: number;
}

export interface Position {
  readonly drawn: number;
  readonly full: number;
}

export const TOP: Position = { drawn: 0, full: 0 };

export function scaleOf(count: number, rowHeight: number, view: number, tallest = TALLEST): Scale {
  const full = count * rowHeight;
  return { full, drawn: Math.min(full, tallest), view };
}

const isScaled = ({ full, drawn }: Scale) => full > drawn;
const lastDrawn = ({ drawn, view }: Scale) => Math.max(0, drawn - view);
const lastFull = ({ full, view }: Scale) => Math.max(0, full - view);
const within = (value: number, last: number) => Math.max(0, Math.min(last, value));

interface Picture {
  readonly edge: number;
  readonly ratio: number;
}

function pictureOf(scale: Scale): Picture {
  const edge = Math.min(EDGE, lastDrawn(scale) / 4);
  return { edge, ratio: (lastFull(scale) - 2 * edge) / (lastDrawn(scale) - 2 * edge) };
}

export function toFull(scale: Scale, drawn: number): number {
  if (!isScaled(scale)) return within(drawn, lastFull(scale));
  const { edge, ratio } = pictureOf(scale);
  const fromEnd = lastDrawn(scale) - drawn;
  if (drawn <= edge) return within(drawn, lastFull(scale));
  if (fromEnd <= edge) return within(lastFull(scale) - fromEnd, lastFull(scale));
  return edge + (drawn - edge) * ratio;
}

export function toDrawn(scale: Scale, full: number): number {
  if (!isScaled(scale)) return within(full, lastDrawn(scale));
  const { edge, ratio } = pictureOf(scale);
  const fromEnd = lastFull(scale) - full;
  if (full <= edge) return within(full, lastDrawn(scale));
  if (fromEnd <= edge) return within(lastDrawn(scale) - fromEnd, lastDrawn(scale));
  return edge + (full - edge) / ratio;
}

/** Where the view is after the element was scrolled. */
export function scrolled(scale: Scale, at: Position, drawn: number): Position {
  const step = drawn - at.drawn;
  if (!isScaled(scale) || Math.abs(step) > SMALL_STEP_VIEWS * scale.view) return { drawn, full: toFull(scale, drawn) };
  return { drawn, full: within(at.full + step, lastFull(scale)) };
}

/** Whether the element is at its end although there are more rows that way, so that it has to be settled at once. */
export function isStuck(scale: Scale, { drawn, full }: Position): boolean {
  return isScaled(scale) && ((drawn <= 0 && full > 0) || (drawn >= lastDrawn(scale) && full < lastFull(scale)));
}

/** The drawn offset that belongs to where the view is. */
export function settled(scale: Scale, { full }: Position): Position {
  const bounded = within(full, lastFull(scale));
  return { drawn: toDrawn(scale, bounded), full: bounded };
}

/** Where the view has to be to show a whole row, moved no further than needed. */
export function revealing(scale: Scale, at: Position, index: number, rowHeight: number): Position {
  const top = index * rowHeight;
  const bottom = top + rowHeight;
  if (top < at.full) return settled(scale, { ...at, full: top });
  if (bottom > at.full + scale.view) return settled(scale, { ...at, full: bottom - scale.view });
  return at;
}

export interface PlacedRow {
  readonly index: number;
  /** From the top of the element. */
  readonly start: number;
}

/** The rows in view, with some beyond it on each side. */
export function rowsIn(scale: Scale, at: Position, count: number, rowHeight: number, overscan: number): PlacedRow[] {
  const full = within(at.full, lastFull(scale));
  const first = Math.max(0, Math.floor(full / rowHeight) - overscan);
  const last = Math.min(count - 1, Math.ceil((full + scale.view) / rowHeight) - 1 + overscan);
  const origin = at.drawn - full;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => ({
    index: first + step,
    start: (first + step) * rowHeight + origin,
  }));
}
