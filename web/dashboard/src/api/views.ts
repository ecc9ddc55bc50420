// Saved views: named states of a page. A change names the revision that it was made from; where another window has
// changed the view since, the gateway refuses with the code CONFLICT.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { ask } from './client';
import { OpenViewDocument, ViewsDocument, type ViewsQuery } from './generated';
import { type Keep, useKeeping } from './keep';

export type { Keep };

export type View = ViewsQuery['views'][number];

const VIEWS = ['views'] as const;
const OPENED = 'clio.view';

export function useViews() {
  return useQuery({ queryKey: VIEWS, queryFn: ({ signal }) => ask(ViewsDocument, {}, signal) });
}

export function useKeep(): Keep {
  return useKeeping(VIEWS);
}

/** Opens a view in this tab and remembers that it is open here. */
export function useOpenView(): (view: View) => void {
  const { history } = useRouter();
  const client = useQueryClient();
  return useCallback(
    (view) => {
      rememberOpened(view.id);
      history.push(view.address);
      // Recording the time is a convenience; the view opens without it.
      ask(OpenViewDocument, { id: view.id }).then(
        () => client.invalidateQueries({ queryKey: VIEWS }),
        () => {},
      );
    },
    [client, history],
  );
}

export function rememberOpened(id: string): void {
  try {
    sessionStorage.setItem(OPENED, id);
  } catch {
    // A browser that forbids storage forgets the open view on reload.
  }
}

/** The id of the view last opened in this tab; null if none was. */
export function readOpened(): string | null {
  try {
    return sessionStorage.getItem(OPENED);
  } catch {
    return null;
  }
}
