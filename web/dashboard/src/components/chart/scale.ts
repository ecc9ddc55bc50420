// Where values lie in a picture. Nothing here changes a number, only the pixel at which it is drawn.

import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Line, Point } from './points';

/** Roughly how many marks a value axis has. */
const MARKS = 5;

export interface Axis {
  /** Maps values to pixels; both ends are marks. */
  readonly scale: ScaleLinear<number, number>;
  /** Whether the axis does not begin at zero; the picture then says so. */
  readonly isCut: boolean;
}

/** A value axis between two pixels. It begins at zero unless all values lie far above it, where bands would be too thin to see. */
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

/** The unbroken runs of points, by first and last place. */
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

/** The places of an axis that get a label, given how many fit. */
export function labelled(count: number, room: number): number[] {
  if (count <= 0) return [];
  const step = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

/** Heights of labels at the ends of lines, moved apart where they would overlap. */
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
