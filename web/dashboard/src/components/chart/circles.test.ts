import { describe, expect, it } from 'vitest';
import { circlesOf, sharedArea } from './circles';

describe('circles', () => {
  it.each([
    [100, 100, 50],
    [900, 100, 10],
    [86_300, 61_900, 19_400],
    [5, 4, 4],
    [7, 3, 0],
  ])('of %d and %d with %d in common have areas in that proportion', (left, right, both) => {
    const circles = circlesOf(left, right, both, 80);
    const area = (radius: number) => Math.PI * radius ** 2;
    expect(area(circles.left) / area(circles.right)).toBeCloseTo(left / right, 6);
    const shared = sharedArea(circles.left, circles.right, circles.apart);
    expect(shared / area(circles.left)).toBeCloseTo(both / left, 4);
    expect(Math.max(circles.left, circles.right)).toBeCloseTo(80, 6);
  });

  it('overlap by what a fine grid of points counts', () => {
    const [left, right, apart] = [3, 2, 2.5];
    let inside = 0;
    const step = 0.01;
    for (let x = -3; x < 3; x += step) {
      for (let y = -3; y < 3; y += step) {
        if (x ** 2 + y ** 2 < left ** 2 && (x - apart) ** 2 + y ** 2 < right ** 2) inside += 1;
      }
    }
    expect(sharedArea(left, right, apart)).toBeCloseTo(inside * step ** 2, 1);
  });
});
