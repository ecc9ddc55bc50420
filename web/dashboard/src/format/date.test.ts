import { describe, expect, it } from 'vitest';
import { addDays, eachDay, formatDays, formatMonth, formatRange, isDay } from './date';

describe('isDay', () => {
  it.each([
    ['2026-01-31', true],
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['0000-01-01', false],
    ['2026-1-1', false],
    ['yesterday', false],
    ['', false],
  ])('%s is %s', (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });
});

describe('formatRange', () => {
  it.each([
    [null, null, 'All time'],
    ['2026-01-01', '2026-01-07', '1–7 Jan 2026'],
    ['2026-01-28', '2026-02-03', '28 Jan – 3 Feb 2026'],
    ['2025-12-28', '2026-01-03', '28 Dec 2025 – 3 Jan 2026'],
    ['2026-01-07', '2026-01-07', '7 Jan 2026'],
    ['2026-01-07', null, 'From 7 Jan 2026'],
    [null, '2026-01-07', 'Until 7 Jan 2026'],
  ])('%s to %s', (from, to, expected) => {
    expect(formatRange(from, to)).toBe(expected);
  });
});

describe('formatDays', () => {
  const range = (from: string, to = from) => ({ from, to });

  it('lists ranges, and counts the days of the rest', () => {
    expect(formatDays([range('2026-01-01', '2026-01-03'), range('2026-01-07')])).toBe('1–3 Jan 2026, 7 Jan 2026');
    const many = [range('2026-01-01'), range('2026-01-03'), range('2026-01-05'), range('2026-01-07', '2026-01-08')];
    expect(formatDays(many)).toBe('1 Jan 2026, 3 Jan 2026, 5 Jan 2026 and 2 more');
    expect(formatDays([range('1900-01-01', '2025-12-31')])).toBe('1 Jan 1900 – 31 Dec 2025');
  });
});

describe('days', () => {
  it('count over the end of a month and a leap day', () => {
    expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
    expect(eachDay('2025-12-31', '2026-01-02')).toEqual(['2025-12-31', '2026-01-01', '2026-01-02']);
    expect(eachDay('2026-01-02', '2026-01-01')).toEqual([]);
    expect(formatMonth('2026-01')).toBe('Jan 2026');
  });
});
