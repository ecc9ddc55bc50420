// Which annotations a trend queries, and at which of its points each one is marked.

import { type Annotation, type AnnotationsAsked, MOST_MEMBERS } from '../../api/annotations';
import type { Dataset } from '../../api/dataset';
import type { AnnotatedMemberInput } from '../../api/generated';
import type { DayRange } from '../../format';
import type { Line, Mark, Point } from '../chart/points';

/** A point with the days that it stands for; null if it has none of its own. */
interface Placed extends Point {
  readonly days: DayRange | null;
}

interface Named {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly (string | null)[];
}

/** The members that a trend is about. */
export function annotated(filters: readonly Named[], dataset: Dataset): AnnotatedMemberInput[] {
  const found = new Map<string, AnnotatedMemberInput>();
  for (const { field, operator, values } of filters) {
    const enumName = dataset.field.get(field)?.enumName;
    if (enumName === undefined || operator === 'none') continue;
    for (const value of values) {
      if (value !== null) found.set(JSON.stringify([field, value]), { field: enumName, value });
    }
  }
  return [...found.values()].slice(0, MOST_MEMBERS);
}

/** The query for the days of some points; null if they have no days. */
export function askedOf(points: readonly Placed[], members: readonly AnnotatedMemberInput[]): AnnotationsAsked | null {
  const days = points.flatMap((point) => (point.days === null ? [] : [point.days]));
  const [first] = days;
  const last = days.at(-1);
  return first && last ? { from: first.from, to: last.to, members } : null;
}

/** The marks of each point, in the order of the points. */
export function marksOf(points: readonly Placed[], notes: readonly Annotation[]): readonly (readonly Mark[])[] {
  const begun = new Set<number>();
  return points.map(({ days }) =>
    notes.flatMap(({ from, to, text }, index) => {
      if (days === null || to < days.from || from > days.to) return [];
      const isStart = !begun.has(index);
      begun.add(index);
      return [{ number: index + 1, text, isStart }];
    }),
  );
}

/** The lines, with the marks on the first one, which names the places of the axis. */
export function withMarks([first, ...others]: readonly Line[], marks: readonly (readonly Mark[])[]): readonly Line[] {
  if (first === undefined || marks.every(({ length }) => length === 0)) return first === undefined ? [] : [first, ...others];
  const points = first.points.map((point, index) => (marks[index]?.length ? { ...point, marks: marks[index] } : point));
  return [{ ...first, points }, ...others];
}
