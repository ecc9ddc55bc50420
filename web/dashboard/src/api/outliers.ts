// Outliers of a snapshot, and what people did about them: acknowledged for all, muted and seen by oneself.

import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from './client';
import { RETRY_EVERY_MS } from './cube';
import { HandledDocument, type HandledQuery, OutliersDocument, type OutliersQuery, VisitOutliersDocument } from './generated';
import { type Keep, useKeeping } from './keep';
import { useSession } from './session';

export type OutlierList = OutliersQuery['outliers'];
export type Outlier = OutlierList['outliers'][number];
export type EarlierOutlier = NonNullable<OutlierList['earlier']>['outliers'][number];
export type OutlierKind = Outlier['kind'];
export type Contrast = Outlier['rate'];
export type Handled = HandledQuery;
export type Acknowledgement = Handled['acknowledgements']['acknowledgements'][number];
export type Mute = Handled['mutes'][number];
export type Visit = NonNullable<Handled['lastOutlierVisit']>;

const HANDLED = ['handled'] as const;
/** How often to ask again, since others acknowledge while the page is open. */
const FRESH_MS = 30_000;

function outliersOptions(version: number | null) {
  return queryOptions({
    queryKey: ['outliers', version],
    queryFn: ({ signal }) => ask(OutliersDocument, { snapshot: version }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.status === 'error' ? RETRY_EVERY_MS * 5 : false),
  });
}

/** The outliers of the snapshot on the page; those of the one before stay until they have arrived. Not asked for where the model has none. */
export function useOutliers() {
  const { dataset, snapshot } = useSession();
  const version = snapshot?.version ?? null;
  return useQuery({ ...outliersOptions(version), enabled: version !== null && dataset !== null && dataset.outliers !== null });
}

/** What people did about outliers; nothing where nothing can be kept. */
export function useHandled() {
  const { dataset, keeping } = useSession();
  return useQuery({
    queryKey: HANDLED,
    queryFn: ({ signal }) => ask(HandledDocument, {}, signal),
    enabled: keeping?.isOn === true && dataset !== null && dataset.outliers !== null,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: true,
  });
}

export function useKeepHandled(): Keep {
  return useKeeping(HANDLED);
}

/** Records that the outliers of a snapshot are shown. The page works without it, so a failure is not reported. */
export function useVisit(version: number, isShown: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isShown) return;
    ask(VisitOutliersDocument, { snapshot: version }).then(
      () => client.invalidateQueries({ queryKey: HANDLED }),
      () => {},
    );
  }, [client, version, isShown]);
}
