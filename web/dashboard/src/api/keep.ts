// Changes to what people keep (views, annotations), and the reason if one is refused.

import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asGatewayError, ask, sentence, wordsOf } from './client';
import type { TypedDocumentString } from './generated';

export interface Keep {
  /** Makes a change and reloads everything of its kind; null if it was refused. */
  readonly keep: <Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables) => Promise<Result | null>;
  /** Why the last change was refused. */
  readonly problem: string | null;
}

export function useKeeping(key: QueryKey): Keep {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const keep: Keep['keep'] = async (document, variables) => {
    const result = await ask(document, variables).catch((error: unknown) => {
      const failure = asGatewayError(error);
      // What is not found is the kept item; `wordsOf` would speak of a snapshot.
      setProblem(failure.code === 'NOT_FOUND' ? sentence(failure.message) : wordsOf(failure));
      return null;
    });
    if (result !== null) setProblem(null);
    await client.invalidateQueries({ queryKey: key });
    return result;
  };
  return { keep, problem };
}
