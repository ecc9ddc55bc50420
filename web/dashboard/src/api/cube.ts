// Cube answers through the query cache. An answer belongs to one snapshot and never changes, so the key is
// (snapshot, query) and nothing is ever stale.

import { keepPreviousData, type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { asGatewayError, ask, type GatewayError } from './client';
import { type CubeQuery, ExploreDocument, type ExploreQuery, MembersDocument } from './generated';

export type CubeAnswer = ExploreQuery['cube'];
export type CubeRow = CubeAnswer['rows'][number];

/** An answer together with its question, because an old one stays on the screen while a new one is under way. */
export interface Answered {
  readonly version: number;
  readonly query: CubeQuery;
  readonly answer: CubeAnswer;
}

/** How long after a failure that may be retried the same is asked again. */
export const RETRY_EVERY_MS = 2_000;
/** Answers of snapshots and filters that were left are dropped soon, so that a page open all day stays small. */
const KEEP_UNUSED_MS = 60_000;

export function cubeOptions(version: number, query: CubeQuery) {
  return queryOptions({
    queryKey: ['cube', version, query] as const,
    queryFn: async ({ signal }): Promise<Answered> => {
      const { cube } = await ask(ExploreDocument, { query, snapshot: version }, signal);
      return { version, query, answer: cube };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_UNUSED_MS,
    refetchInterval: ({ state }) =>
      state.status === 'error' && mayRetry(asGatewayError(state.error)) ? RETRY_EVERY_MS : false,
  });
}

/**
 * Whether the same question may be answered later. A snapshot that is not held may be one that the replica which
 * answers has not loaded yet; if it is one that is held no longer, the page goes on to the newest by itself.
 */
function mayRetry(error: GatewayError): boolean {
  return error.retryable || error.code === 'NOT_FOUND';
}

/** What a panel shows. */
export type Loaded<Data> =
  | { readonly state: 'loading' }
  | {
      readonly state: 'failed';
      readonly error: GatewayError;
      readonly retry: () => void;
      readonly retrying: boolean;
      /** What was shown before; it answers another question, and stays for the eye until this one is answered. */
      readonly before: Data | null;
    }
  | { readonly state: 'ready'; readonly data: Data; readonly updating: boolean };

/** The numbers on the screen, which may be those of before. */
export function shownOf<Data>(loaded: Loaded<Data>): Data | null {
  if (loaded.state === 'loading') return null;
  return loaded.state === 'ready' ? loaded.data : loaded.before;
}

export function useCube(version: number, query: CubeQuery, onGone: (version: number) => Promise<void>): Loaded<Answered> {
  const result = useQuery({ ...cubeOptions(version, query), placeholderData: keepPreviousData });
  const error = result.error ? asGatewayError(result.error) : null;

  // While a failed question is asked again the cache calls it pending; the panel goes on showing the failure, so
  // that it does not flicker every other second.
  const [lastError, setLastError] = useState<GatewayError | null>(null);
  if (error && error.message !== lastError?.message) setLastError(error);

  const [before, setBefore] = useState<Answered | null>(null);
  if (result.data && result.data !== before) setBefore(result.data);

  const gone = error?.code === 'NOT_FOUND';
  useEffect(() => {
    if (gone) void onGone(version);
  }, [gone, onGone, version]);

  const failedBefore = result.isFetching && result.errorUpdateCount > 0 && result.dataUpdatedAt === 0;
  const failure = error ?? (failedBefore ? lastError : null);
  if (failure) {
    return { state: 'failed', error: failure, retry: () => void result.refetch(), retrying: result.isFetching, before };
  }
  if (!result.data) return { state: 'loading' };
  return { state: 'ready', data: result.data, updating: result.isPlaceholderData };
}

/** Asks at another snapshot what the page shows now, so that all its panels can change in one instant. */
export async function warmCube(client: QueryClient, from: number, to: number): Promise<boolean> {
  const shown = client.getQueryCache().findAll({ queryKey: ['cube', from], type: 'active' });
  const answers = await Promise.allSettled(
    shown.map(({ queryKey }) => client.fetchQuery(cubeOptions(to, queryKey[2] as CubeQuery))),
  );
  return answers.every((answer) => answer.status === 'fulfilled' || !mayRetry(asGatewayError(answer.reason)));
}

export function membersOptions(version: number, field: string, search: string, first: number) {
  return queryOptions({
    queryKey: ['members', version, field, search, first] as const,
    queryFn: async ({ signal }) => {
      const variables = { field, search: search === '' ? null : search, first, snapshot: version };
      return (await ask(MembersDocument, variables, signal)).members;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_UNUSED_MS,
  });
}
