// Where values lie in a picture. Nothing here changes a number; it says at which pixel one is drawn.

import type { Line, Point } from './points';

/** From values to pixels or per cent. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly at: (value: number) => number;
}

export function scaleOf(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  return { from, to, at: (value) => start + ((value - from) / span) * (end - start) };
}

/** The round numbers from one end of an axis to the other. */
export function ticksOf({ from, to, step }: Extent): number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => Number((from + index * step).toPrecision(12)));
}

/** The smallest round number that is no smaller. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

export interface Extent {
  readonly from: number;
  readonly to: number;
  /** From mark to mark; both ends are marks. */
  readonly step: number;
  /** Whether the axis leaves out zero; then the picture says so. */
  readonly isCut: boolean;
}

/** What an axis of values holds: from zero, but where all lies far above it, since bands could not be seen otherwise. */
export function extentOf(lines: readonly Line[]): Extent {
  const ends = lines.flatMap(({ points }) =>
    points.flatMap(({ value }) => (value === null ? [] : [value.value, value.lower, value.upper])),
  );
  return extentOfValues(ends.filter((end) => end !== null).filter(Number.isFinite));
}

function extentOfValues(values: readonly number[]): Extent {
  if (values.length === 0) return { from: 0, to: 1, step: 0.25, isCut: false };
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const isCut = least > most / 2 && most > least;
  const low = isCut ? least : Math.min(0, least);
  const high = Math.max(0, most);
  const step = roundStep((high - low || Math.abs(high) || 1) / 5);
  const from = Math.floor(low / step + 1e-9) * step;
  return { from, to: Math.max(Math.ceil(high / step - 1e-9) * step, from + step), step, isCut };
}

/** The stretches of points that are there one after another, by their first and last place. */
export function runsOf(points: readonly Point[]): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const [index, { value }] of points.entries()) {
    if (value?.value == null) continue;
    const run = runs.at(-1);
    if (run && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}

/** Every place of an axis that gets a label, where so many have room. */
export function labelled(count: number, room: number): number[] {
  if (count <= 0) return [];
  const step = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

/** Heights of labels at the ends of lines, moved apart where they would lie on each other. */
export function spread(heights: readonly number[], apart: number, most: number): number[] {
  const order = heights.map((height, index) => ({ height, index })).toSorted((a, b) => a.height - b.height);
  let before = Number.NEGATIVE_INFINITY;
  for (const label of order) {
    label.height = Math.max(label.height, before + apart);
    before = label.height;
  }
  let below = most;
  for (const label of order.toReversed()) {
    label.height = Math.min(label.height, below);
    below = label.height - apart;
  }
  const moved = [...heights];
  for (const { height, index } of order) moved[index] = height;
  return moved;
}
