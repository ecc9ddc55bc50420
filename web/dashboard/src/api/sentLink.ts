// A short link, which never changes.

import { queryOptions, skipToken } from '@tanstack/react-query';
import { ask } from './client';
import { LinkDocument } from './generated';

export function linkOptions(id: string | null) {
  return queryOptions({
    queryKey: ['link', id] as const,
    queryFn: id === null ? skipToken : ({ signal }) => ask(LinkDocument, { id }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
