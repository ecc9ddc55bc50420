import { describe, expect, it } from 'vitest';
import { DATASET } from '../../testing/dataset';
import { annotated, askedOf, marksOf, withMarks } from './marks';

const point = (from: string, to = from) => ({ short: from, label: from, value: null, days: { from, to } });
const note = (from: string, to: string, text: string) => ({ id: text, from, to, text, member: null, createdBy: 'local', changedBy: 'local', changedAt: '2026-02-01T04:00:00Z', revision: 1 });

describe('the annotations of a trend', () => {
  it('are those of its days and of the members that it is of, each once', () => {
    const members = annotated(
      [
        { field: 'country', operator: 'any', values: ['DE', null, 'US'] },
        { field: 'country', operator: 'any', values: ['DE'] },
        { field: 'asset', operator: 'none', values: ['a1'] },
        { field: 'planet', operator: 'any', values: ['mars'] },
      ],
      DATASET,
    );
    expect(members).toEqual([
      { field: 'COUNTRY', value: 'DE' },
      { field: 'COUNTRY', value: 'US' },
    ]);
    expect(askedOf([point('2026-01-01'), { ...point('x'), days: null }, point('2026-01-05', '2026-01-11')], members)).toEqual({ from: '2026-01-01', to: '2026-01-11', members });
    expect(askedOf([{ ...point('x'), days: null }], members)).toBeNull();
    expect(annotated([{ field: 'asset', operator: 'any', values: Array.from({ length: 300 }, (_, index) => `a${index}`) }], DATASET)).toHaveLength(100);
  });

  it('begin at the first point of their days, and last for as long', () => {
    const points = [point('2026-01-01'), point('2026-01-02'), point('2026-01-03'), { ...point('gap'), days: null }, point('2026-01-05', '2026-01-11')];
    const marks = marksOf(points, [note('2025-12-30', '2026-01-02', 'outage'), note('2026-01-02', '2026-01-02', 'premiere'), note('2026-01-10', '2026-01-20', 'campaign')]);
    expect(marks.map((here) => here.map(({ number, isStart }) => (isStart ? number : -number)))).toEqual([[1], [-1, 2], [], [], [3]]);
  });

  it('stand at the line that names the places', () => {
    const points = [point('2026-01-01'), point('2026-01-02')];
    const marks = marksOf(points, [note('2026-01-02', '2026-01-02', 'premiere')]);
    const lines = withMarks([{ name: 'these days', points }, { name: 'days before', points }], marks);
    expect(lines.map((line) => line.points.map((one) => one.marks?.map(({ text }) => text)))).toEqual([[undefined, ['premiere']], [undefined, undefined]]);
    expect(withMarks([], marks)).toEqual([]);
  });
});
