// The hook of the Explore page: the state from the URL, and what the gateway answers to it.

import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { type Answered, type Loaded, useCube } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { useSession } from '../../api/session';
import { parseSearch } from '../../search';
import { toCubeQuery, toTrendQuery } from './query';
import { type ExploreState, readState, type SearchParams, writeState } from './state';

export interface ChangeOptions {
  /** Replaces the entry of the history, for what is not worth a step back. */
  readonly replace?: boolean;
}

/** Changes what the page shows, from what it shows in that moment. */
export type Change = (update: (state: ExploreState) => ExploreState, options?: ChangeOptions) => void;

export interface Explore {
  readonly state: ExploreState;
  readonly problems: readonly string[];
  readonly change: Change;
  /** The measure of the charts. */
  readonly measure: string;
  readonly table: Loaded<Answered>;
  readonly trend: Loaded<Answered>;
}

export function useExplore(dataset: Dataset, version: number): Explore {
  const params = useSearch({ strict: false }) as SearchParams;
  const navigate = useNavigate();
  const { history } = useRouter();
  const { leave } = useSession();
  const { state, problems } = useMemo(() => readState(params, dataset), [params, dataset]);

  const change = useCallback<Change>(
    (update, { replace = false } = {}) => {
      // The address is ahead of what is rendered: two fast changes must not undo each other.
      const now = readState(parseSearch(history.location.search), dataset).state;
      const search = writeState(update(now), dataset);
      if (JSON.stringify(search) === JSON.stringify(writeState(now, dataset))) return;
      void navigate({ to: '/', search, replace, resetScroll: false });
    },
    [dataset, history, navigate],
  );

  const measure = chartMeasure(state, dataset);
  const tableQuery = useMemo(() => toCubeQuery(state, dataset, 0), [state, dataset]);
  const trendQuery = useMemo(() => toTrendQuery(state, dataset, measure), [state, dataset, measure]);
  const table = useCube(version, tableQuery, leave);
  const trend = useCube(version, trendQuery, leave);
  return { state, problems, change, measure, table, trend };
}

/** The chosen measure if the page shows it, else the first distinct count: it is what has bounds to look at. */
export function chartMeasure(state: ExploreState, dataset: Dataset): string {
  if (state.chart !== null && state.measures.includes(state.chart)) return state.chart;
  const distinct = state.measures.find((name) => dataset.measure.get(name)?.kind === 'DISTINCT');
  return distinct ?? state.measures[0] ?? '';
}
