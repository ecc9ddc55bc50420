import { describe, expect, it } from 'vitest';
import { formatStep, isStepName, presentIn, stepOf, stepsBetween } from './steps';

describe('steps of time', () => {
  it.each([
    ['day', '2026-01-31', '2026-01-31', '2026-01-31'],
    ['week', '2025-12-29', '2025-12-29', '2026-01-04'],
    ['month', '2024-02', '2024-02-01', '2024-02-29'],
    ['month', '2025-12', '2025-12-01', '2025-12-31'],
    ['year', '2026', '2026-01-01', '2026-12-31'],
  ] as const)('%s %s', (name, value, first, last) => {
    expect(stepOf(name, value)).toEqual({ value, first, last });
  });

  it('cover a range, the ones at its ends too', () => {
    expect(stepsBetween('month', '2025-12-15', '2026-02-01', 'MONDAY').map(({ value }) => value)).toEqual(['2025-12', '2026-01', '2026-02']);
    expect(stepsBetween('year', '2025-12-15', '2026-02-01', 'MONDAY').map(({ value }) => value)).toEqual(['2025', '2026']);
    // 1 January 2026 is a Thursday.
    expect(stepsBetween('week', '2026-01-01', '2026-01-12', 'MONDAY').map(({ value }) => value)).toEqual(['2025-12-29', '2026-01-05', '2026-01-12']);
    expect(stepsBetween('week', '2026-01-01', '2026-01-12', 'SUNDAY').map(({ value }) => value)).toEqual(['2025-12-28', '2026-01-04', '2026-01-11']);
    expect(stepsBetween('day', '2026-02-27', '2026-03-01', 'MONDAY').map(({ value }) => value)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  });

  it('count the days of theirs that are there', () => {
    const december = stepOf('month', '2025-12');
    const january = stepOf('month', '2026-01');
    const coverage = { from: '2025-12-15', to: '2026-01-28', missingRanges: [{ from: '2025-12-20', to: '2025-12-21' }, { from: '2026-01-03', to: '2026-01-03' }] };
    expect(december && presentIn(december, coverage)).toEqual({ present: 15, all: 31 });
    expect(january && presentIn(january, coverage)).toEqual({ present: 27, all: 31 });
    expect(january && presentIn(january, { from: null, to: null, missingRanges: [] })).toEqual({ present: 31, all: 31 });
  });

  it('are written as people do', () => {
    expect(['2026-01-31', '2026-01', '2026', 'Q1'].map(formatStep)).toEqual(['31 Jan 2026', 'Jan 2026', '2026', 'Q1']);
    expect([isStepName('week'), isStepName('quarter')]).toEqual([true, false]);
  });
});
