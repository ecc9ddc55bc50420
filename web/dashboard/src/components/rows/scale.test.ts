import { describe, expect, it } from 'vitest';
import { isStuck, type Position, revealing, rowsIn, scaleOf, scrolled, settled, TALLEST, toDrawn, toFull, TOP } from './scale';

const ROW = 44;
const VIEW = 480;
const MILLION = 1_000_000;
/** In pixels: rounding error that nobody sees. */
const HUNDREDTH = 0.01;
/** 951,175 groups were cut at row 762,609 by the highest element of Chromium. */
const SEEN = 951_175;

function isInView(count: number, at: Position, index: number): boolean {
  const scale = scaleOf(count, ROW, VIEW);
  const row = rowsIn(scale, at, count, ROW, 0).find((placed) => placed.index === index);
  // In the element: within the view that begins at the drawn offset, and within the element itself.
  if (!row) return false;
  const bottom = row.start + ROW - HUNDREDTH;
  return row.start + HUNDREDTH >= at.drawn && bottom <= at.drawn + VIEW && bottom <= scale.drawn;
}

describe('rows of any number', () => {
  it.each([1, 5, 200, 181_818, 181_819, SEEN, MILLION, 100 * MILLION])('%i: every row can be brought into view', (count) => {
    const scale = scaleOf(count, ROW, VIEW);
    expect(scale.drawn).toBeLessThanOrEqual(TALLEST);
    const step = Math.max(1, Math.floor(count / 997));
    for (let index = 0; index < count; index += step) {
      expect(isInView(count, revealing(scale, TOP, index, ROW), index)).toBe(true);
    }
    expect(isInView(count, revealing(scale, TOP, count - 1, ROW), count - 1)).toBe(true);
  });

  it('are drawn one to one as long as they fit', () => {
    const scale = scaleOf(1000, ROW, VIEW);
    for (const offset of [0, 1, 777, 1000 * ROW - VIEW]) {
      expect(toFull(scale, offset)).toBe(offset);
      expect(toDrawn(scale, offset)).toBe(offset);
    }
  });

  it('End and Home of a million show the last and the first', () => {
    const scale = scaleOf(MILLION, ROW, VIEW);
    const end = revealing(scale, TOP, MILLION - 1, ROW);
    expect(end).toEqual({ drawn: TALLEST - VIEW, full: MILLION * ROW - VIEW });
    expect(revealing(scale, end, 0, ROW)).toEqual(TOP);
  });

  it('the two offsets are each other’s inverse, and grow together', () => {
    const scale = scaleOf(MILLION, ROW, VIEW);
    let before = -1;
    for (let drawn = 0; drawn <= TALLEST - VIEW; drawn += 9_973) {
      const full = toFull(scale, drawn);
      expect(full).toBeGreaterThan(before);
      expect(toDrawn(scale, full)).toBeCloseTo(drawn, 3);
      before = full;
    }
  });

  it('a wheel skips no row, from the middle to both ends', () => {
    const scale = scaleOf(MILLION, ROW, VIEW);
    const wheel = 100;
    for (const [from, direction, end] of [
      [30_000, -1, 0],
      [MILLION - 30_000, 1, MILLION * ROW - VIEW],
    ] as const) {
      let at = revealing(scale, TOP, from, ROW);
      let steps = 0;
      for (; steps < 40_000; steps += 1) {
        const drawn = Math.max(0, Math.min(TALLEST - VIEW, at.drawn + direction * wheel));
        const next = scrolled(scale, at, drawn);
        expect(Math.abs(next.full - at.full)).toBeLessThanOrEqual(wheel);
        if (next.full === at.full) break;
        // As the page does: at once where it is stuck, else when the wheel rests now and then.
        at = isStuck(scale, next) || steps % 50 === 49 ? settled(scale, next) : next;
      }
      expect(at.full).toBe(end);
    }
  });

  it('a wheel that never rests still reaches the end', () => {
    const scale = scaleOf(MILLION, ROW, VIEW);
    let at = revealing(scale, TOP, MILLION - 200_000, ROW);
    for (let steps = 0; steps < 200_000 && at.full < MILLION * ROW - VIEW; steps += 1) {
      const next = scrolled(scale, at, Math.min(TALLEST - VIEW, at.drawn + 400));
      at = isStuck(scale, next) ? settled(scale, next) : next;
    }
    expect(at.full).toBe(MILLION * ROW - VIEW);
  });

  it('a dragged thumb goes where it stands', () => {
    const scale = scaleOf(MILLION, ROW, VIEW);
    const middle = scrolled(scale, TOP, (TALLEST - VIEW) / 2);
    expect(middle.full).toBeCloseTo((MILLION * ROW - VIEW) / 2, 0);
    expect(scrolled(scale, middle, TALLEST - VIEW).full).toBe(MILLION * ROW - VIEW);
    expect(scrolled(scale, middle, 0).full).toBe(0);
  });

  it('when rows become fewer, the view stays on rows', () => {
    const scale = scaleOf(100, ROW, VIEW);
    const at = { drawn: 100 * ROW - VIEW, full: 1000 * ROW };
    expect(rowsIn(scale, at, 100, ROW, 0).at(-1)?.index).toBe(99);
  });
});
