// Cube answers through the query cache. An answer belongs to one snapshot and never changes, so the key is
// (snapshot, query) and nothing is ever stale.

import { keepPreviousData, type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { asGatewayError, ask, type GatewayError } from './client';
import type { Dataset, GroupKeyInfo, MeasureInfo } from './dataset';
import { type CubeQuery, ExploreDocument, type ExploreQuery, MembersDocument } from './generated';

export type CubeAnswer = ExploreQuery['cube'];
export type CubeRow = CubeAnswer['rows'][number];
/** A value, with its share and its comparison where the question asks for them. */
export type CellValue = CubeRow['values'][number];
/** Whether a rate is really higher, and why; null for anything but a rate of people. */
export type Verdict = NonNullable<CellValue['verdict']>;
export type Rank = CubeAnswer['ranks'][number];
export type Reach = NonNullable<CubeAnswer['reach']>;

export const NO_CELL: CellValue = { value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false };

/** An answer with its question, because an old answer stays on the screen while a new one is loading. */
export interface Answered {
  readonly version: number;
  readonly query: CubeQuery;
  readonly answer: CubeAnswer;
}

/** The keys by which the rows of an answer are grouped, in its order. */
export function keysOf({ query }: Answered, dataset: Dataset): readonly GroupKeyInfo[] {
  const keys = (query.groupBy ?? []).map((name) => dataset.groupKeys.find((key) => key.enumName === name));
  return keys.filter((key) => key !== undefined);
}

/** The measures of an answer, in its order. */
export function measuresOf({ query }: Answered, dataset: Dataset): readonly MeasureInfo[] {
  const measures = query.measures.map((name) => dataset.measures.find((measure) => measure.enumName === name));
  return measures.filter((measure) => measure !== undefined);
}

/** How long to wait before asking again after a failure that may be retried. */
export const RETRY_EVERY_MS = 2_000;
/** Answers that no panel shows are dropped soon, so that a page left open all day stays small. */
const KEEP_UNUSED_MS = 60_000;

export function cubeOptions(version: number, query: CubeQuery) {
  return queryOptions({
    queryKey: ['cube', version, query] as const,
    queryFn: async ({ signal }): Promise<Answered> => {
      const extras = query.extras ?? [];
      const parts = { shares: extras.includes('SHARES'), reach: extras.includes('REACH'), compared: query.compare != null, verdicts: extras.includes('VERDICTS') };
      const { cube } = await ask(ExploreDocument, { query, snapshot: version, ...parts }, signal);
      return { version, query, answer: cube };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_UNUSED_MS,
    refetchInterval: ({ state }) =>
      state.status === 'error' && mayRetry(asGatewayError(state.error)) ? RETRY_EVERY_MS : false,
  });
}

/**
 * Whether the same question may be answered later. The answering replica may not have loaded the snapshot yet; if it
 * has dropped the snapshot instead, the page moves on to the newest by itself.
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
      /** The previous answer, to another question; it stays on the screen until this one is answered. */
      readonly before: Data | null;
    }
  | { readonly state: 'ready'; readonly data: Data; readonly updating: boolean };

/** The numbers on the screen, which may be those of the previous answer. */
export function shownOf<Data>(loaded: Loaded<Data>): Data | null {
  if (loaded.state === 'loading') return null;
  return loaded.state === 'ready' ? loaded.data : loaded.before;
}

const NOTHING: CubeQuery = { measures: [] };

/** A null query asks nothing, and counts as loading. */
export function useCube(
  version: number,
  query: CubeQuery | null,
  onGone: (version: number) => Promise<void>,
): Loaded<Answered> {
  const client = useQueryClient();
  const result = useQuery({
    ...cubeOptions(version, query ?? NOTHING),
    enabled: query !== null,
    placeholderData: keepPreviousData,
  });
  const error = result.error ? asGatewayError(result.error) : null;

  // The cache calls a failed question pending while it is retried; the panel keeps showing the failure, so that it
  // does not flicker at every retry.
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
    // Where several panels fail for the same reason, one reports it and retries for all of them.
    const retry = () => void client.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
    return { state: 'failed', error: failure, retry, retrying: result.isFetching, before };
  }
  if (!result.data) return { state: 'loading' };
  return { state: 'ready', data: result.data, updating: result.isPlaceholderData };
}

/** Fetches what the page shows for another snapshot, so that all its panels can switch at once. */
export async function warmCube(client: QueryClient, from: number, to: number): Promise<boolean> {
  const shown = client.getQueryCache().findAll({ queryKey: ['cube', from], type: 'active' });
  const answers = await Promise.allSettled(
    shown.map(({ queryKey }) => client.fetchQuery(cubeOptions(to, queryKey[2] as CubeQuery))),
  );
  return answers.every((answer) => answer.status === 'fulfilled' || !mayRetry(asGatewayError(answer.reason)));
}

/** Searches the members of one field or of all, with how many cells of each a filter and days leave. */
export interface MembersAsked {
  readonly field: string | null;
  readonly search: string;
  readonly first: number;
  readonly offset?: number;
  readonly where?: CubeQuery['where'];
  readonly from?: string | null;
  readonly to?: string | null;
}

export function membersOptions(version: number, asked: MembersAsked) {
  return queryOptions({
    queryKey: ['members', version, asked] as const,
    queryFn: async ({ signal }) => {
      const variables = { ...asked, search: asked.search === '' ? null : asked.search, snapshot: version };
      return (await ask(MembersDocument, variables, signal)).members;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_UNUSED_MS,
  });
}
