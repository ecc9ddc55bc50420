// Where values lie in a picture. Nothing here changes a number; it says at which pixel one is drawn.

import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Line, Point } from './points';

/** How many marks an axis of values has, more or less. */
const MARKS = 5;

export interface Axis {
  /** From values to pixels; both ends are marks. */
  readonly scale: ScaleLinear<number, number>;
  /** Whether the axis leaves out zero; then the picture says so. */
  readonly isCut: boolean;
}

/** An axis of values from one pixel to another: from zero, but where all lies far above it, since bands could not be seen otherwise. */
export function axisOf(lines: readonly Line[], bottom: number, top: number): Axis {
  const ends = lines.flatMap(({ points }) =>
    points.flatMap(({ value }) => (value === null ? [] : [value.value, value.lower, value.upper])),
  );
  const values = ends.filter((end) => end !== null).filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const isCut = least > most / 2 && most > least;
  const low = isCut ? least : Math.min(0, least);
  const scale = scaleLinear([low, low === most ? low + 1 : most], [bottom, top]).nice(MARKS);
  return { scale, isCut };
}

export function marksOf({ scale }: Axis): number[] {
  return scale.ticks(MARKS);
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
