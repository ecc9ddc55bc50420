import { describe, expect, it } from 'vitest';
import { grainOf, presentIn, stepsBetween } from './steps';

const values = (name: string, from: string, to: string, weekStarts: 'MONDAY' | 'SUNDAY' = 'MONDAY') =>
  stepsBetween(grainOf(name), from, to, weekStarts)?.map(({ value }) => value);

describe('steps of time', () => {
  it.each([
    ['DAY', '2026-01-31', '2026-01-31', '2026-01-31'],
    ['WEEK', '2025-12-29', '2025-12-29', '2026-01-04'],
    ['MONTH', '2024-02', '2024-02-01', '2024-02-29'],
    ['MONTH', '2025-12', '2025-12-01', '2025-12-31'],
    ['YEAR', '2026', '2026-01-01', '2026-12-31'],
  ])('%s %s', (name, value, first, last) => {
    expect(grainOf(name).stepOf(value)).toEqual({ value, first, last });
  });

  it('cover a range with its ends', () => {
    expect(values('MONTH', '2025-12-15', '2026-02-01')).toEqual(['2025-12', '2026-01', '2026-02']);
    expect(values('YEAR', '2025-12-15', '2026-02-01')).toEqual(['2025', '2026']);
    // 1 January 2026 is a Thursday.
    expect(values('WEEK', '2026-01-01', '2026-01-12')).toEqual(['2025-12-29', '2026-01-05', '2026-01-12']);
    expect(values('WEEK', '2026-01-01', '2026-01-12', 'SUNDAY')).toEqual(['2025-12-28', '2026-01-04', '2026-01-11']);
    expect(values('DAY', '2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect(values('DAY', '2026-02-27', '2026-02-26')).toEqual([]);
  });

  it('count how many of their days there are', () => {
    const december = grainOf('MONTH').stepOf('2025-12');
    const january = grainOf('MONTH').stepOf('2026-01');
    const coverage = { from: '2025-12-15', to: '2026-01-28', missingRanges: [{ from: '2025-12-20', to: '2025-12-21' }, { from: '2026-01-03', to: '2026-01-03' }] };
    expect(december && presentIn(december, coverage)).toEqual({ present: 15, all: 31 });
    expect(january && presentIn(january, coverage)).toEqual({ present: 27, all: 31 });
    expect(january && presentIn(january, { from: null, to: null, missingRanges: [] })).toEqual({ present: 31, all: 31 });
  });

  it('are printed in the form that people write', () => {
    expect([['DAY', '2026-01-31'], ['MONTH', '2026-01'], ['YEAR', '2026']].map(([name = '', value = '']) => grainOf(name).print(value))).toEqual(['31 Jan 2026', 'Jan 2026', '2026']);
    const week = grainOf('WEEK').stepOf('2025-12-29');
    expect(week && grainOf('WEEK').printWhole(week)).toBe('29 Dec 2025 – 4 Jan 2026');
  });

  it('of an unknown kind are shown as they are named', () => {
    const quarters = grainOf('QUARTER');
    expect([quarters.print('2026-Q1'), quarters.stepOf('2026-Q1'), values('QUARTER', '2026-01-01', '2026-12-31')]).toEqual(['2026-Q1', null, undefined]);
  });
});
