import { describe, expect, it } from 'vitest';
import type { Answered } from '../../api/cube';
import { answerTo } from '../../testing/gateway';
import { DAYS, MONTHS } from '../../format';
import { trendPoints } from './trendPoints';

const QUERY = { measures: ['VIEWERS'], groupBy: ['DAY'] };

function answered(part: Partial<Answered['answer']['coverage']>): Answered {
  const answer = answerTo({ query: QUERY, snapshot: 1 }, ['2026-01-01', '2026-01-03']);
  return { version: 1, query: QUERY, answer: { ...answer, coverage: { ...answer.coverage, ...part } } };
}

const labels = (part: Partial<Answered['answer']['coverage']>) =>
  trendPoints(answered(part), { grain: DAYS, weekStarts: 'MONDAY' }).map(({ label, value, note }) => `${label}${value ? '' : ' -'}${note ? ` (${note})` : ''}`);

describe('trendPoints', () => {
  it('has a point for each day of a short gap', () => {
    expect(labels({ missingRanges: [{ from: '2026-01-02', to: '2026-01-02' }] })).toEqual([
      '1 Jan 2026',
      '2 Jan 2026 - (missing)',
      '3 Jan 2026',
    ]);
  });

  it('has one point for a gap of centuries, as one wrong event makes it', () => {
    expect(
      labels({
        from: '1900-01-01',
        to: '2127-06-01',
        missingRanges: [
          { from: '1900-01-02', to: '2025-12-31' },
          { from: '2026-01-04', to: '2127-05-31' },
        ],
      }),
    ).toEqual([
      '1 Jan 1900 -',
      '2 Jan 1900 – 31 Dec 2025 - (missing)',
      '1 Jan 2026',
      '2 Jan 2026 -',
      '3 Jan 2026',
      '4 Jan 2026 – 31 May 2127 - (missing)',
      '1 Jun 2127 -',
    ]);
  });

  it('ends with a gap up to the last day', () => {
    const missingRanges = [{ from: '2026-01-04', to: '9999-12-31' }];
    expect(labels({ to: '9999-12-31', missingRanges }).at(-1)).toBe('4 Jan 2026 – 31 Dec 9999 - (missing)');
  });

  it('has a point for each month, and marks incomplete ones', () => {
    const query = { measures: ['VIEWERS'], groupBy: ['MONTH'] };
    const answer = answerTo({ query, snapshot: 1 }, ['2025-12', '2026-01', '2026-03']);
    const missingRanges = [{ from: '2026-01-10', to: '2026-01-12' }, { from: '2026-02-01', to: '2026-02-28' }];
    const coverage = { ...answer.coverage, from: '2025-12-15', to: '2026-03-31', missingRanges };
    const points = trendPoints({ version: 1, query, answer: { ...answer, coverage } }, { grain: MONTHS, weekStarts: 'MONDAY' });
    expect(points.map(({ label, value, note }) => [label, value !== null, note])).toEqual([
      ['Dec 2025', true, '17 of 31 days'],
      ['Jan 2026', true, '28 of 31 days'],
      ['Feb 2026', false, 'missing'],
      ['Mar 2026', true, undefined],
    ]);
    expect(points[2]?.days).toEqual({ from: '2026-02-01', to: '2026-02-28' });
  });

  it('marks days of which only the month is kept', () => {
    const range = { from: '2025-10-01', to: '2025-12-31' };
    const points = labels({ from: '2025-10-01', missingRanges: [range], retiredRanges: [range] });
    expect(points[0]).toBe('1 Oct – 31 Dec 2025 - (only its month is kept)');
  });
});
