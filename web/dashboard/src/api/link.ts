// The subscription to the status of serving, as a small store that React can read.
//
// It reconnects forever, so that a page left open recovers from a restart of the gateway without a reload. The gateway
// sends the current status first, which covers whatever was published while the link was down.

import { createClient } from 'graphql-ws';
import { type StatusPartsFragment, StatusesDocument, type StatusesSubscription } from './generated';

export type Status = StatusPartsFragment;

export interface LinkState {
  readonly connected: boolean;
  /** Whether the link was ever up; until then a missing link is not worth reporting. */
  readonly wasConnected: boolean;
  readonly status: Status | null;
}

export interface Link {
  readonly read: () => LinkState;
  readonly listen: (listener: () => void) => () => void;
  /** Takes in a status that was queried, and is newer than the last one announced. */
  readonly report: (status: Status) => void;
  readonly close: () => void;
}

/** The server sends no pings, so the client does, to tell a dead link from a quiet one. */
const PING_EVERY_MS = 15_000;
/** Without a pong within this time the link is dead, even if the socket has not noticed. */
const PONG_WITHIN_MS = 5_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 4_000;

export function openLink(url: string): Link {
  let state: LinkState = { connected: false, wasConnected: false, status: null };
  const listeners = new Set<() => void>();
  const update = (part: Partial<LinkState>) => {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  };

  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  const client = createClient({
    url,
    lazy: false,
    keepAlive: PING_EVERY_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    // Jitter keeps a thousand dashboards from coming back in the same instant.
    retryWait: (retries) =>
      new Promise((resolve) => {
        const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries);
        setTimeout(resolve, wait * (0.75 + Math.random() / 2));
      }),
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      connected: () => update({ connected: true, wasConnected: true }),
      closed: () => {
        clearTimeout(pongTimer);
        update({ connected: false });
      },
      ping: (received) => {
        if (!received) pongTimer = setTimeout(() => socket?.close(4408, 'no pong'), PONG_WITHIN_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimer);
      },
    },
    // Without this the client prints every failed attempt; the badge already says it.
    onNonLazyError: () => {},
  });

  let closed = false;
  const follow = () => {
    client.subscribe<StatusesSubscription>(
      { query: StatusesDocument.toString() },
      {
        next: ({ data }) => {
          if (data) update({ status: data.serving });
        },
        error: () => {
          // The server refused (an error frame, not a lost socket): subscribe again a little later.
          if (!closed) setTimeout(follow, LAST_RETRY_MS);
        },
        complete: () => {
          if (!closed) setTimeout(follow, LAST_RETRY_MS);
        },
      },
    );
  };
  follow();

  return {
    read: () => state,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    report: (status) => update({ status }),
    close: () => {
      closed = true;
      void client.dispose();
    },
  };
}

export function linkAddress(page: Location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/graphql/ws`;
}
