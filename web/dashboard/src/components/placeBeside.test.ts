import { describe, expect, it } from 'vitest';
import { placeBeside } from './placeBeside';

const SCREEN = { width: 1000, height: 800 };
const button = (left: number, top: number) => ({ left, top, width: 80, height: 30 });

describe('a popover', () => {
  it.each([
    ['below its button', button(100, 100), { width: 300, height: 400 }, { left: 100, top: 136, bottom: null, maxHeight: 654 }],
    ['within the right edge', button(900, 100), { width: 300, height: 400 }, { left: 690, top: 136, bottom: null, maxHeight: 654 }],
    ['above, where it does not fit below', button(100, 600), { width: 300, height: 400 }, { left: 100, top: null, bottom: 206, maxHeight: 584 }],
    ['on the larger side, where it fits nowhere', button(100, 300), { width: 300, height: 900 }, { left: 100, top: 336, bottom: null, maxHeight: 454 }],
    ['within the left edge of a narrow screen', button(5, 100), { width: 1200, height: 100 }, { left: 10, top: 136, bottom: null, maxHeight: 654 }],
  ])('stands %s', (_, anchor, popover, expected) => {
    expect(placeBeside(anchor, popover, SCREEN)).toEqual(expected);
  });
});
