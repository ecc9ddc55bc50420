// The rows in view, of any number of rows of equal height.

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useNewest } from '../useNewest';
import { isStuck, type PlacedRow, type Position, revealing, rowsIn, scaleOf, scrolled, settled, TOP } from './scale';

/** A pause of so long ends a scroll. */
const REST_MS = 150;

interface Asked {
  readonly count: number;
  readonly rowHeight: number;
  /** The height of the sticky head, which hides rows. */
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
  // The offset set last, ahead of the render: the second of two events between renders continues from the first.
  const newestAt = useRef(at);
  const newestScale = useNewest(scale);

  const put = useCallback((next: Position) => {
    newestAt.current = next;
    setAt(next);
  }, []);

  /** Scrolls the element and keeps the offset that it took on, since browsers round to device pixels. */
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
      // In the same frame as the scroll, so that the view is never empty.
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
