// What all panels of the page share: the dataset model, the snapshot that they query, and the link to the gateway.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { asGatewayError, ask, type GatewayError } from './client';
import { RETRY_EVERY_MS, warmCube } from './cube';
import { type Dataset, toDataset } from './dataset';
import { HeldDocument, StartDocument, type StartQuery, StatusDocument } from './generated';
import type { Link, LinkState } from './link';
import { isBehind, isWithdrawn, newestOf, type Snapshot } from './newest';

export type { Snapshot };

export type Me = NonNullable<StartQuery['me']>;

export interface Session {
  readonly link: LinkState;
  /** Anyone who can reach the gateway can read everything. */
  readonly insecure: boolean;
  /** Who is signed in; null where nobody has to be. */
  readonly me: Me | null;
  /** Whether links and views can be kept, or how to turn that on; null until the gateway's first answer. */
  readonly keeping: StartQuery['keeping'] | null;
  /** Null until the gateway's first answer. */
  readonly dataset: Dataset | null;
  /** The snapshot that every panel queries; null until one is known. */
  readonly snapshot: Snapshot | null;
  /** The older snapshot that serving answers from while it is behind the page; null when it is not behind. */
  readonly behind: Snapshot | null;
  /** Why there is no dataset yet, if known. */
  readonly error: GatewayError | null;
  readonly retry: () => void;
  /** Reports that serving does not hold a snapshot; the page moves on to the newest. */
  readonly leave: (version: number) => Promise<void>;
  /** Whether the page stays at a snapshot, whatever is published. */
  readonly isHeld: boolean;
  /** The newest snapshot, which differs from the shown one while the page stays at that. */
  readonly newest: Snapshot | null;
  /** Stays at a snapshot; returns whether serving still holds it. */
  readonly hold: (version: number) => Promise<boolean>;
  /** Moves on to the newest. */
  readonly release: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession is called outside of SessionProvider');
  return session;
}

export function SessionProvider({ link, children }: { readonly link: Link; readonly children: ReactNode }) {
  const client = useQueryClient();
  const linkState = useSyncExternalStore(link.listen, link.read);
  const start = useQuery({
    queryKey: ['start'],
    queryFn: ({ signal }) => ask(StartDocument, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === 'error' || !state.data ? RETRY_EVERY_MS : false),
  });
  // The last report may know less: it may come from a replica that is behind, or be the page's first answer while the link is down.
  const { status } = linkState;
  const told = status?.snapshot ?? null;
  const newest = useNewestSnapshot(start.data?.serving.snapshot ?? null, status);
  const followed = useShownSnapshot(newest);
  const isLate = told !== null && followed !== null && isBehind(told, followed) && !isWithdrawn(followed, status);
  const behind = isLate ? told : null;

  const [asked, setAsked] = useState<Snapshot | null>(null);
  // What people have withdrawn is not shown, whoever was sent a link to it.
  const held = asked !== null && !isWithdrawn(asked, status) ? asked : null;
  const snapshot = held ?? followed;
  const firstMeasure = start.data?.dataset.measures[0]?.enumName;
  const hold = useCallback(
    async (version: number) => {
      try {
        const { cube } = await ask(HeldDocument, { measures: firstMeasure === undefined ? [] : [firstMeasure], snapshot: version });
        setAsked(cube.snapshot);
        return !isWithdrawn(cube.snapshot, status);
      } catch {
        return false;
      }
    },
    [firstMeasure, status],
  );

  const leave = useCallback(
    async (version: number) => {
      setAsked((now) => (now?.version === version ? null : now));
      try {
        const { serving } = await ask(StatusDocument, {});
        if (serving.snapshot?.version !== version) link.report(serving);
      } catch {
        // The panel already shows that the gateway does not answer, and retries by itself.
      }
    },
    [link],
  );

  // The model may change with a snapshot; the page then reloads its names.
  const fingerprint = snapshot?.fingerprint;
  const known = start.data?.dataset.fingerprint;
  useEffect(() => {
    if (fingerprint && known && fingerprint !== known) void client.invalidateQueries({ queryKey: ['start'] });
  }, [client, fingerprint, known]);

  // What failed while serving or the link was down is retried as soon as they are back.
  const serving = linkState.connected && linkState.status?.state !== 'DOWN' && linkState.status !== null && !behind;
  useEffect(() => {
    if (serving) void client.refetchQueries({ predicate: (query) => query.state.status === 'error' });
  }, [client, serving]);

  const info = start.data?.dataset;
  const insecure = start.data?.insecure ?? false;
  const keeping = start.data?.keeping ?? null;
  const me = start.data?.me ?? null;
  const dataset = useMemo(() => (info ? toDataset(info) : null), [info]);
  const [lastError, setLastError] = useState<GatewayError | null>(null);
  const error = start.error ? asGatewayError(start.error) : null;
  if (error && error.message !== lastError?.message) setLastError(error);
  const { refetch } = start;
  const session = useMemo<Session>(
    () => ({
      link: linkState,
      insecure,
      keeping,
      me,
      dataset,
      snapshot,
      behind,
      error: dataset ? null : lastError,
      retry: () => void refetch(),
      leave,
      isHeld: held !== null,
      newest: followed,
      hold,
      release: () => setAsked(null),
    }),
    [linkState, insecure, keeping, me, dataset, snapshot, behind, lastError, refetch, leave, held, followed, hold],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The newest snapshot reported since the page was opened: by its first answer, then by the link. */
function useNewestSnapshot(first: Snapshot | null, status: LinkState['status']): Snapshot | null {
  const [known, setKnown] = useState<Snapshot | null>(null);
  const newest = newestOf(known ?? first, status);
  if (newest !== known) setKnown(newest);
  return newest;
}

/** Follows the newest snapshot, but only once the page's answers for it have arrived. */
function useShownSnapshot(newest: Snapshot | null): Snapshot | null {
  const client = useQueryClient();
  const [shown, setShown] = useState<Snapshot | null>(null);
  if (shown === null && newest !== null) setShown(newest);
  const from = shown?.version;
  useEffect(() => {
    if (!newest || from === undefined || from === newest.version) return;
    let current = true;
    let again: ReturnType<typeof setTimeout> | undefined;
    const follow = async () => {
      const warm = await warmCube(client, from, newest.version);
      if (!current) return;
      if (warm) setShown(newest);
      else again = setTimeout(() => void follow(), RETRY_EVERY_MS);
    };
    void follow();
    return () => {
      current = false;
      clearTimeout(again);
    };
  }, [client, from, newest]);
  // The same snapshot may have been verified since.
  return newest !== null && newest.version === from ? newest : shown;
}

export { SessionContext };
