// Annotations: what happened on some days, about everything or one member.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ask } from './client';
import { type AnnotatedMemberInput, AnnotationsDocument, type AnnotationsQuery } from './generated';
import { type Keep, useKeeping } from './keep';
import { useSession } from './session';

export type Annotation = AnnotationsQuery['annotations']['annotations'][number];

const ANNOTATIONS = ['annotations'] as const;
/** The most members that the gateway accepts. */
export const MOST_MEMBERS = 100;
/** How often to ask again, since others may add some while the page is open. */
const FRESH_MS = 30_000;

export interface AnnotationsAsked {
  readonly from: string;
  readonly to: string;
  readonly members: readonly AnnotatedMemberInput[];
}

/** The annotations of some days; none where nothing can be kept. */
export function useAnnotations(asked: AnnotationsAsked | null): readonly Annotation[] {
  const { keeping } = useSession();
  const { data } = useQuery({
    queryKey: [...ANNOTATIONS, asked],
    queryFn: ({ signal }) => ask(AnnotationsDocument, { from: asked?.from ?? null, to: asked?.to ?? null, members: [...(asked?.members ?? [])] }, signal),
    enabled: asked !== null && keeping?.isOn === true,
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: true,
  });
  return asked === null ? [] : (data?.annotations.annotations ?? []);
}

export function useKeepAnnotation(): Keep {
  return useKeeping(ANNOTATIONS);
}
