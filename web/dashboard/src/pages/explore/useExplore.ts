// The hook of the Explore page: the state from the URL, and the gateway's answers to it.

import { useMemo } from 'react';
import { type Answered, type Loaded, useCube } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { type Snapshot, useSession } from '../../api/session';
import { MOST_BARS, toBarsQuery, toCubeQuery } from './query';
import { daysOf, drawnMeasure, type ExploreState } from './state';
import { type PageState, usePageState } from './usePageState';
import { type Trend, useTrend } from './useTrend';

export type { Change, ChangeOptions } from './usePageState';

export interface Explore extends PageState {
  /** The state with relative days resolved. */
  readonly dated: ExploreState;
  /** The charted measure. */
  readonly measure: string;
  readonly table: Loaded<Answered>;
  readonly bars: Loaded<Answered>;
  readonly trend: Trend;
}

export function useExplore(dataset: Dataset, { version, lastDay }: Snapshot): Explore {
  const page = usePageState(dataset);
  const { leave } = useSession();
  const { state } = page;
  const measure = drawnMeasure(state, dataset);
  const dated = useMemo(() => ({ ...state, ...daysOf(state, lastDay) }), [state, lastDay]);
  const tableQuery = useMemo(() => toCubeQuery(dated, dataset, 0), [dated, dataset]);
  const barsQuery = useMemo(
    () => (dated.groupBy.length > 0 ? toBarsQuery(dated, dataset, measure, MOST_BARS) : null),
    [dated, dataset, measure],
  );
  const table = useCube(version, tableQuery, leave);
  const bars = useCube(version, barsQuery, leave);
  const trend = useTrend(dataset, version, lastDay, dated, measure, table);
  return { ...page, dated, measure, table, bars, trend };
}
