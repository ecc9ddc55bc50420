// Saved views: named states of a page. A change names the revision that it was made from; where another window has
// changed the view since, the gateway refuses with the code CONFLICT.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { asGatewayError, ask, sentence, wordsOf } from './client';
import { OpenViewDocument, type TypedDocumentString, ViewsDocument, type ViewsQuery } from './generated';

export type View = ViewsQuery['views'][number];

const VIEWS = ['views'] as const;
const OPENED = 'clio.view';

export function useViews() {
  return useQuery({ queryKey: VIEWS, queryFn: ({ signal }) => ask(ViewsDocument, {}, signal) });
}

export interface Keep {
  /** Makes a change and reloads all views; null where it was refused. */
  readonly keep: <Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables) => Promise<Result | null>;
  /** Why the last change was refused. */
  readonly problem: string | null;
}

export function useKeep(): Keep {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const keep: Keep['keep'] = async (document, variables) => {
    const result = await ask(document, variables).catch((error: unknown) => {
      const failure = asGatewayError(error);
      // What is not found here is a view; `wordsOf` would speak of a snapshot.
      setProblem(failure.code === 'NOT_FOUND' ? sentence(failure.message) : wordsOf(failure));
      return null;
    });
    if (result !== null) setProblem(null);
    await client.invalidateQueries({ queryKey: VIEWS });
    return result;
  };
  return { keep, problem };
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
