import { describe, expect, it } from 'vitest';
import { DATASET } from '../../testing/dataset';
import { defaultState } from '../explore/state';
import { areFew, asked, decidingMeasure, FEW_PEOPLE, peopleMeasure } from './deciding';

const STATE = defaultState(DATASET);
const measure = (name: string) => DATASET.measure.get(name);

describe('the main measure', () => {
  it('is the first rate until another measure is chosen', () => {
    expect(decidingMeasure(STATE, DATASET)?.name).toBe('take_rate');
    expect(decidingMeasure({ ...STATE, chart: 'viewers' }, DATASET)?.name).toBe('viewers');
    expect(decidingMeasure(STATE, { ...DATASET, measures: DATASET.measures.slice(0, 2) })?.name).toBe('impressions');
  });

  it('rests on people, if the model counts them', () => {
    expect(peopleMeasure(DATASET)?.name).toBe('viewers');
    expect([areFew(null), areFew(FEW_PEOPLE - 1), areFew(FEW_PEOPLE)]).toEqual([true, true, false]);
  });

  it('asks for each measure once, the first one first', () => {
    expect(asked(measure('viewers'), undefined, ...DATASET.measures).map(({ name }) => name)).toEqual(['viewers', 'impressions', 'watch.p50', 'take_rate']);
  });
});
