// The hook of the Explore page: the state from the URL, and what the gateway answers to it.

import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { type Answered, type Loaded, useCube } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { type Snapshot, useSession } from '../../api/session';
import { formatCount } from '../../format';
import { parseSearch, stringifySearch } from '../../search';
import { LONGEST_ADDRESS, readAddress } from './address';
import { toCubeQuery, toTrendQuery } from './query';
import { daysOf, drawnMeasure, type ExploreState, readState, writeState } from './state';

export interface ChangeOptions {
  /** Replaces the entry of the history, for what is not worth a step back. */
  readonly replace?: boolean;
}

/**
 * Changes what the page shows, from what it shows in that moment. Gives null, or why nothing was changed: the address
 * would be too long to be opened again.
 */
export type Change = (update: (state: ExploreState) => ExploreState, options?: ChangeOptions) => string | null;

export interface Explore {
  readonly state: ExploreState;
  readonly problems: readonly string[];
  /** Why the last change was not made. */
  readonly refusal: string | null;
  readonly change: Change;
  /** The measure of the charts. */
  readonly measure: string;
  readonly table: Loaded<Answered>;
  readonly trend: Loaded<Answered>;
}

export function useExplore(dataset: Dataset, { version, lastDay }: Snapshot): Explore {
  const { asked } = useSearch({ from: '/' });
  const navigate = useNavigate();
  const { history } = useRouter();
  const { leave } = useSession();
  const { state, problems } = useMemo(() => readState(asked, dataset), [asked, dataset]);
  const [refusal, setRefusal] = useState<string | null>(null);

  const change = useCallback<Change>(
    (update, { replace = false } = {}) => {
      // The address is ahead of what is rendered: two fast changes must not undo each other.
      const now = readState(readAddress(parseSearch(history.location.search)), dataset).state;
      const search = writeState(update(now), dataset);
      const text = stringifySearch(search);
      const reason = text === stringifySearch(writeState(now, dataset)) ? null : tooLong(text);
      setRefusal(reason);
      if (reason === null && text !== stringifySearch(writeState(now, dataset))) {
        void navigate({ to: '/', search, replace, resetScroll: false });
      }
      return reason;
    },
    [dataset, history, navigate],
  );

  const measure = drawnMeasure(state, dataset);
  const dated = useMemo(() => ({ ...state, ...daysOf(state, lastDay) }), [state, lastDay]);
  const tableQuery = useMemo(() => toCubeQuery(dated, dataset, 0), [dated, dataset]);
  const trendQuery = useMemo(() => toTrendQuery(dated, dataset, measure), [dated, dataset, measure]);
  const table = useCube(version, tableQuery, leave);
  const trend = useCube(version, trendQuery, leave);
  return { state, problems, refusal, change, measure, table, trend };
}

/** Why an address cannot be, or null. It is ASCII by now: a byte is a character. */
export function tooLong(search: string): string | null {
  const length = '/'.length + search.length;
  if (length <= LONGEST_ADDRESS) return null;
  return `Nothing was changed: what is shown is kept in the page's address, which would take ${formatCount(length)} characters, and more than ${formatCount(LONGEST_ADDRESS)} could not be opened again. Choose fewer values, or filter by an attribute that they share.`;
}
