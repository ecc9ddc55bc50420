// What a chart draws: labelled values with their bounds, in the order of the axis.

import { formatSpoken, type NumberStyle, type Value } from '../../format';
import { t } from '../../language';

export interface Point {
  /** For the axis. */
  readonly short: string;
  /** For the readout and the table. */
  readonly label: string;
  /** Null where there is no row: the day is missing, or the filter leaves nothing of it. */
  readonly value: Value | null;
  /** Why the value needs care: "missing", "provisional", "17 of 31 days". */
  readonly note?: string;
  /** Its annotations. */
  readonly marks?: readonly Mark[];
  /** How many steps of time it stands for, if it is a long gap. */
  readonly gap?: number;
}

/** An annotation of consecutive points. */
export interface Mark {
  /** Its number in the list below the picture, from 1. */
  readonly number: number;
  readonly text: string;
  /** Whether it begins here. */
  readonly isStart: boolean;
}

/** One line of a trend. All lines of a picture have the same number of points. */
export interface Line {
  /** Null for a single line, which the title names. */
  readonly name: string | null;
  readonly points: readonly Point[];
  /** What sets it apart from the others: it is of earlier days, or of all that has no line of its own. */
  readonly kind?: 'before' | 'others';
}

/** "12 Jan 2026: 12,345, between 12,201 and 12,490 (provisional)". */
export function describePoint(point: Point, style: NumberStyle): string {
  return noted(point, valueOf(point, style));
}

/** The values of all lines at one place of the axis. */
export function describeAt(lines: readonly Line[], index: number, style: NumberStyle): string {
  const [first] = lines;
  const point = first?.points[index];
  if (!first || !point) return t('chart.noValues');
  if (lines.length === 1) return describePoint(point, style);
  const parts = lines.flatMap(({ name, points, kind }) => {
    const here = points[index];
    if (!here) return [];
    const when = kind === 'before' ? ` (${here.label})` : '';
    return [`${name ?? ''}${when} ${valueOf(here, style)}`.trim()];
  });
  return noted(point, parts.join('; '));
}

function valueOf(point: Point, style: NumberStyle): string {
  return point.value ? formatSpoken(point.value, style) : t('chart.noRows');
}

function noted({ label, note, marks }: Point, value: string): string {
  const notes = saidOf(marks);
  const point = note === undefined ? t('chart.point', { label, value }) : t('chart.pointNote', { label, value, note });
  return notes === '' ? point : t('chart.noted', { point, notes });
}

/** The texts of annotations in one line. */
export function saidOf(marks: readonly Mark[] = []): string {
  return marks.map(({ text }) => text).join('; ');
}

export function isEmpty(lines: readonly Line[]): boolean {
  return lines.every(({ points }) => points.every(({ value }) => value?.value == null));
}
