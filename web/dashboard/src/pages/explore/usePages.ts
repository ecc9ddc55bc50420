// The pages of the table after the first, fetched as they come into view.

import { useQueries } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { asGatewayError, type GatewayError } from '../../api/client';
import { type Answered, type CubeAnswer, type CubeRow, cubeOptions, type Rank } from '../../api/cube';
import { PAGE_ROWS } from './query';

export interface Pages {
  /** The row at a position; undefined while its page is loading. */
  readonly rowAt: (index: number) => CubeRow | undefined;
  /** The ranks that the row may have, if asked for. */
  readonly rankAt: (index: number) => Rank | undefined;
  readonly error: GatewayError | null;
  readonly retry: () => void;
}

/** The pages belong to the answer on the screen, which may be older than the page's current question. */
export function usePages(first: Answered, visible: { readonly from: number; readonly to: number }): Pages {
  const size = first.query.limit ?? PAGE_ROWS;
  const firstPage = Math.max(1, Math.floor(visible.from / size));
  const lastPage = Math.floor(visible.to / size);
  const pages = useMemo(
    () => Array.from({ length: Math.max(0, lastPage - firstPage + 1) }, (_, index) => firstPage + index),
    [firstPage, lastPage],
  );
  const results = useQueries({
    queries: pages.map((page) => cubeOptions(first.version, { ...first.query, offset: page * size })),
  });
  const answerAt = useCallback(
    (index: number): CubeAnswer | null => {
      const page = Math.floor(index / size);
      return (page === 0 ? first : results[pages.indexOf(page)]?.data)?.answer ?? null;
    },
    [first, pages, results, size],
  );
  const rowAt = useCallback((index: number) => answerAt(index)?.rows[index % size], [answerAt, size]);
  const rankAt = useCallback((index: number) => answerAt(index)?.ranks[index % size], [answerAt, size]);
  const failed = results.find((result) => result.error);
  return {
    rowAt,
    rankAt,
    error: failed ? asGatewayError(failed.error) : null,
    retry: () => {
      for (const result of results) if (result.error) void result.refetch();
    },
  };
}
