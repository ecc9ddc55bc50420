// The state of a page from its address, and how the page changes it.

import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { Dataset } from '../../api/dataset';
import { useSession } from '../../api/session';
import { t } from '../../language';
import { parseSearch, stringifySearch } from '../../search';
import { LONGEST_ADDRESS, LONGEST_KEPT, NOTHING_ASKED, readAddress } from './address';
import { type ExploreState, readState, writeState } from './state';

export interface ChangeOptions {
  /** Replaces the entry of the history, for changes not worth a step back. */
  readonly replace?: boolean;
}

/**
 * Changes the state, starting from the current one. Returns null, or why nothing was changed: the address would be too
 * long to be opened again.
 */
export type Change = (update: (state: ExploreState) => ExploreState, options?: ChangeOptions) => string | null;

export interface PageState {
  readonly state: ExploreState;
  readonly problems: readonly string[];
  /** Why the last change was not made. */
  readonly refusal: string | null;
  readonly change: Change;
}

export function usePageState(dataset: Dataset): PageState {
  const { asked } = useSearch({ from: '/pages' });
  const navigate = useNavigate();
  const { history } = useRouter();
  const { keeping } = useSession();
  const longest = keeping?.isOn ? LONGEST_KEPT : LONGEST_ADDRESS;
  const { state, problems } = useMemo(() => readState(asked, dataset), [asked, dataset]);
  const [refusal, setRefusal] = useState<string | null>(null);

  const change = useCallback<Change>(
    (update, { replace = false } = {}) => {
      // Read from the address, which is ahead of the render, so that two fast changes do not undo each other.
      const now = readState(readAddress(parseSearch(history.location.search)), dataset).state;
      const before = stringifySearch(writeState(now, dataset));
      const search = writeState(update(now), dataset);
      const text = stringifySearch(search);
      if (text === before) {
        setRefusal(null);
        return null;
      }
      const reason = tooLong(text, longest);
      setRefusal(reason);
      if (reason === null) void navigate({ to: '.', search, replace, resetScroll: false });
      return reason;
    },
    [dataset, history, navigate, longest],
  );
  return { state, problems, refusal, change };
}

/** Why an address cannot be used, or null. It is escaped, hence ASCII, so that a byte is a character. */
export function tooLong(search: string, longest: number): string | null {
  const length = '/'.length + search.length;
  if (length <= longest) return null;
  return t('address.tooLong', { length, longest });
}

/** The search of another page that keeps this page's days, filters and charted measure. */
export function carriedSearch(state: ExploreState, dataset: Dataset, part: Partial<ExploreState> = {}): Record<string, string> {
  const { last, from, to, filters, chart, beside } = state;
  const empty = readState(NOTHING_ASKED, dataset).state;
  return { ...writeState({ ...empty, last, from, to, filters, chart, beside, ...part }, dataset) };
}
