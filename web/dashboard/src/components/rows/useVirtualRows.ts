// Of any number of rows of one height, those that are in view.

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useNewest } from '../useNewest';
import { isStuck, type PlacedRow, type Position, revealing, rowsIn, scaleOf, scrolled, settled, TOP } from './scale';

/** Scrolling that rests for so long has come to its end. */
const REST_MS = 150;

interface Asked {
  readonly count: number;
  readonly rowHeight: number;
  /** What sticks to the top of the view and hides rows. */
  readonly headHeight: number;
  readonly overscan: number;
}

export interface VirtualRows {
  /** For the element that scrolls. */
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rows: readonly PlacedRow[];
  /** Of the element that holds the rows. */
  readonly height: number;
  readonly nInView: number;
  readonly reveal: (index: number) => void;
  readonly toTop: () => void;
}

export function useVirtualRows({ count, rowHeight, headHeight, overscan }: Asked): VirtualRows {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState(0);
  const [at, setAt] = useState<Position>(TOP);
  const scale = scaleOf(count, rowHeight, view);
  // What was last set, ahead of the render: of two events between two renders the second goes on from the first.
  const newestAt = useRef(at);
  const newestScale = useNewest(scale);

  const put = useCallback((next: Position) => {
    newestAt.current = next;
    setAt(next);
  }, []);

  /** Scrolls the element and keeps what it made of it: browsers round to pixels of the screen. */
  const moveTo = useCallback(
    ({ drawn, full }: Position) => {
      const element = scroller.current;
      if (!element) return;
      element.scrollTop = drawn;
      put({ drawn: element.scrollTop, full });
    },
    [put],
  );

  const toTop = useCallback(() => moveTo(TOP), [moveTo]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setView(Math.max(0, element.clientHeight - headHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [headHeight]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let resting: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      const next = scrolled(newestScale.current, newestAt.current, element.scrollTop);
      clearTimeout(resting);
      // In the frame of the scroll, so that the view is never empty.
      flushSync(() => {
        if (isStuck(newestScale.current, next)) moveTo(settled(newestScale.current, next));
        else put(next);
      });
      resting = setTimeout(() => {
        const rest = settled(newestScale.current, newestAt.current);
        if (Math.abs(rest.drawn - newestAt.current.drawn) >= 1) moveTo(rest);
      }, REST_MS);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(resting);
      element.removeEventListener('scroll', onScroll);
    };
  }, [moveTo, newestScale, put]);

  return {
    scroller,
    rows: rowsIn(scale, at, count, rowHeight, overscan),
    height: scale.drawn,
    nInView: Math.max(1, Math.floor(view / rowHeight)),
    reveal: (index) => {
      const next = revealing(newestScale.current, newestAt.current, index, rowHeight);
      if (next !== newestAt.current) moveTo(next);
    },
    toTop,
  };
}
