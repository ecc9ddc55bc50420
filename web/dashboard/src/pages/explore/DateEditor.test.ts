import { CalendarDate } from '@internationalized/date';
import { describe, expect, it } from 'vitest';
import { problemOf } from './DateEditor';

const day = (year: number) => new CalendarDate(year, 1, 31);

describe('typed days', () => {
  it.each([
    [day(2026), day(2026), /^none$/],
    [null, null, /^none$/],
    [day(2026), null, /^none$/],
    [day(2), null, /year 2 is not complete/],
    [day(2026), day(202), /year 202 is not complete/],
    [day(9999), null, /year 9999/],
    [day(2026), day(2025), /first day is after the last one/],
  ])('%s to %s', (start, end, problem) => {
    expect(problemOf(start, end) ?? 'none').toMatch(problem);
  });
});
