// Views: states of pages that people keep under names. Each has a revision, which a change names; where another window
// was faster, the gateway refuses with the code CONFLICT.

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

/** Opens a view in this tab, which from then on knows that it has it open. */
export function useOpenView(): (view: View) => void {
  const { history } = useRouter();
  const client = useQueryClient();
  return useCallback(
    (view) => {
      rememberOpened(view.id);
      history.push(view.address);
      // When it was opened is a convenience; the view is open all the same.
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
    // Then a reload does not know which view is open.
  }
}

/** The id of the view that this tab has open; null before any was. */
export function readOpened(): string | null {
  try {
    return sessionStorage.getItem(OPENED);
  } catch {
    return null;
  }
}
