// A gateway for tests: answers by operation, a link that the test moves, and the whole application around them.

import type { QueryClient } from '@tanstack/react-query';
import { createMemoryHistory } from '@tanstack/react-router';
import { act, render } from '@testing-library/react';
import { vi } from 'vitest';
import type { Annotation } from '../api/annotations';
import type { CubeAnswer } from '../api/cube';
import type { CubeQuery } from '../api/generated';
import type { Handled } from '../api/outliers';
import type { View } from '../api/views';
import type { Link, LinkState, Status } from '../api/link';
import { App, makeClient } from '../App';
import { makeRouter } from '../router';
import { DATASET_INFO } from './dataset';

type Reply = { readonly data: unknown } | { readonly errors: readonly unknown[]; readonly status?: number } | 'unreachable';
type CubeReply = Partial<CubeAnswer> | Reply | Promise<Partial<CubeAnswer> | Reply>;

export interface Ask {
  readonly query: CubeQuery;
  readonly snapshot: number;
}

export function serving(version: number, part: Partial<Status> = {}): Status {
  return {
    state: 'SERVING',
    message: null,
    snapshot: {
      version,
      committedAt: '2026-02-01T04:00:00Z',
      fingerprint: 'f1',
      firstDay: '2026-01-01',
      lastDay: '2026-01-03',
      nDays: 3,
      nCells: 900,
      withheld: false,
      verification: null,
    },
    refused: null,
    versionsBehind: 0,
    isStuck: false,
    projection: null,
    pin: null,
    ...part,
  };
}

export interface Change {
  readonly name: string;
  readonly variables: Record<string, unknown>;
}

const exact = (value: number) => ({ value, lower: value, upper: value, exact: true, exactText: null, withheld: false });

/** An answer with one row a label, `n` times the length of the query's measures. */
export function answerTo({ query, snapshot }: Ask, labels: readonly string[]): CubeAnswer {
  const values = query.measures.map((_, index) => exact(1000 * snapshot + index));
  return {
    snapshot: { version: snapshot },
    rows: labels.map((label) => ({
      keys: (query.groupBy ?? []).map(() => ({ value: label, label, media: null })),
      values,
    })),
    total: { keys: [], values },
    groupCount: labels.length,
    others: null,
    ranks: [],
    overlapping: [],
    notices: [],
    noticeCount: 0,
    withheld: null,
    coverage: {
      from: '2026-01-01',
      to: '2026-01-03',
      nDays: 3,
      nMissing: 0,
      missingRanges: [],
      retiredRanges: [],
      provisionalRanges: [],
      mixedLookups: [],
      projection: null,
    },
    comparedCoverage: null,
    elapsedMs: 1,
  };
}

export function failure(code: string, message: string, status = 200): Reply {
  return { errors: [{ message, extensions: { code, retryable: code === 'UNAVAILABLE' } }], status };
}

export interface Gateway {
  /** What the cube answers; a part is laid over a plain answer with the row "Sunrise", or of the first day. */
  cube: (ask: Ask) => CubeReply;
  start: () => Reply;
  members: (variables: Record<string, unknown>) => { readonly members: readonly unknown[]; readonly total: number };
  records: () => Reply;
  runs: () => Reply;
  /** What is kept; null where nothing can be. */
  views: readonly View[] | null;
  annotations: readonly Annotation[];
  readonly annotationsAsked: Record<string, unknown>[];
  /** The outliers of a snapshot. */
  outliers: (snapshot: number) => Reply;
  handled: Handled;
  link: (id: string) => Reply;
  /** Whether serving has a snapshot. */
  held: (version: number) => Reply;
  /** What becomes of a change to what is kept. */
  change: (change: Change) => Reply;
  readonly changes: Change[];
  status: Status;
  readonly asks: Ask[];
}

function isReply(reply: Partial<CubeAnswer> | Reply): reply is Reply {
  return reply === 'unreachable' || 'data' in reply || 'errors' in reply;
}

export function mockGateway(): Gateway {
  const gateway: Gateway = {
    cube: () => ({}),
    start: () => ({ data: { insecure: false, me: null, keeping: keepingOf(gateway), dataset: DATASET_INFO, serving: gateway.status } }),
    members: () => ({ members: [], total: 0 }),
    records: () => ({ data: { serving: gateway.status, snapshots: [], refusedSnapshots: [] } }),
    runs: () => ({ data: { runs: [] } }),
    views: [],
    annotations: [],
    annotationsAsked: [],
    outliers: () => failure('INVALID_ARGUMENT', 'the model declares no outliers'),
    handled: { acknowledgements: { acknowledgements: [], hasMore: false }, mutes: [], lastOutlierVisit: null },
    link: (id) => failure('NOT_FOUND', `there is no link \`${id}\``),
    held: (version) => ({ data: { cube: { snapshot: serving(version).snapshot } } }),
    change: () => ({ data: {} }),
    changes: [],
    status: serving(1),
    asks: [],
  };
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    const { query, variables } = JSON.parse(String(init.body)) as { query: string; variables: Record<string, unknown> };
    const reply = await replyTo(gateway, query, variables);
    init.signal?.throwIfAborted();
    if (reply === 'unreachable') throw new TypeError('Failed to fetch');
    const status = 'errors' in reply ? (reply.status ?? 200) : 200;
    return new Response(JSON.stringify(reply), { status });
  });
  return gateway;
}

function keepingOf({ views }: Gateway) {
  return { isOn: views !== null, hint: views === null ? 'Nothing can be kept here: start the gateway with `--store FILE`.' : null, person: 'local' };
}

async function replyTo(gateway: Gateway, query: string, variables: Record<string, unknown>): Promise<Reply> {
  if (query.includes('query Start')) return gateway.start();
  if (query.includes('query Status')) return { data: { serving: gateway.status } };
  if (query.includes('query Members')) return { data: { members: gateway.members(variables) } };
  if (query.includes('query Records')) return gateway.records();
  if (query.includes('query Runs')) return gateway.runs();
  if (query.includes('query Views')) return { data: { keeping: keepingOf(gateway), views: gateway.views ?? [] } };
  if (query.includes('query Annotations')) {
    gateway.annotationsAsked.push(variables);
    return { data: { annotations: { annotations: gateway.annotations, total: gateway.annotations.length } } };
  }
  if (query.includes('query Outliers')) return gateway.outliers(Number(variables['snapshot']));
  if (query.includes('query Handled')) return { data: gateway.handled };
  if (query.includes('query Link')) return gateway.link(String(variables['id']));
  if (query.includes('query Held')) return gateway.held(Number(variables['snapshot']));
  const name = /mutation (\w+)/.exec(query)?.[1];
  if (name !== undefined) {
    const change = { name, variables };
    gateway.changes.push(change);
    return gateway.change(change);
  }
  const ask = variables as unknown as Ask;
  gateway.asks.push(ask);
  const reply = await gateway.cube(ask);
  return isReply(reply) ? reply : { data: { cube: { ...answerTo(ask, [ask.query.groupBy?.[0] === 'DAY' ? '2026-01-01' : 'Sunrise']), ...reply } } };
}

export interface TestLink extends Link {
  readonly move: (part: Partial<LinkState>) => void;
}

export function testLink(status: Status): TestLink {
  let state: LinkState = { connected: true, wasConnected: true, status };
  const listeners = new Set<() => void>();
  const move = (part: Partial<LinkState>) => {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  };
  return {
    read: () => state,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    report: (reported) => move({ status: reported }),
    close: () => {},
    move: (part) => act(() => move(part)),
  };
}

export function renderAt(address: string, gateway: Gateway) {
  const link = testLink(gateway.status);
  const history = createMemoryHistory({ initialEntries: [address] });
  const client: QueryClient = makeClient();
  const router = makeRouter(history);
  const view = render(<App client={client} link={link} router={router} />);
  return { ...view, link, history, router, client };
}
