import { QueryClientProvider } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { makeClient } from '../App';
import { DATASET_INFO } from '../testing/dataset';
import { failure, type Gateway, mockGateway, serving, testLink } from '../testing/gateway';
import { useCube } from './cube';
import type { CubeQuery } from './generated';
import { SessionProvider, useSession } from './session';

let gateway: Gateway;
beforeEach(() => {
  gateway = mockGateway();
});

const QUERY: CubeQuery = { from: null, to: null, where: null, groupBy: ['COUNTRY'], measures: ['VIEWERS'], orderBy: [], limit: 10, offset: 0 };

/** A session, and what a panel of its page shows. */
function open() {
  const link = testLink(gateway.status);
  const client = makeClient();
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <QueryClientProvider client={client}>
      <SessionProvider link={link}>{children}</SessionProvider>
    </QueryClientProvider>
  );
  const view = renderHook(useSession, { wrapper });
  return { ...view, link, client, wrapper };
}

const committed = (version: number, committedAt: string) => {
  const status = serving(version);
  return { ...status, snapshot: status.snapshot && { ...status.snapshot, committedAt } };
};

describe('the session', () => {
  it('has dataset and snapshot once the gateway has answered', async () => {
    const { result } = open();
    await waitFor(() => expect(result.current.dataset?.name).toBe('media'));
    expect(result.current.snapshot?.version).toBe(1);
    expect(result.current.error).toBeNull();
  });

  it('says why there is no dataset yet, and retries on demand', async () => {
    gateway.start = () => failure('UNAVAILABLE', 'no snapshot is held yet');
    const { result } = open();
    await waitFor(() => expect(result.current.error?.message).toBe('no snapshot is held yet'));
    expect(result.current.dataset).toBeNull();
    gateway.start = () => ({ data: { insecure: true, me: { name: 'ann@example.com', kind: 'user' }, dataset: DATASET_INFO, serving: gateway.status } });
    result.current.retry();
    await waitFor(() => expect(result.current.dataset?.name).toBe('media'));
    expect(result.current.error).toBeNull();
    expect(result.current.insecure).toBe(true);
    expect(result.current.me?.name).toBe('ann@example.com');
  });

  it('follows a newer snapshot that is announced', async () => {
    const { result, link } = open();
    await waitFor(() => expect(result.current.snapshot?.version).toBe(1));
    link.move({ status: committed(2, '2026-02-02T04:00:00Z') });
    await waitFor(() => expect(result.current.snapshot?.version).toBe(2));
    expect(result.current.behind).toBeNull();
  });

  it('keeps the newest when an older one is reported, and says what is behind', async () => {
    const { result, link } = open();
    link.move({ status: committed(5, '2026-02-05T04:00:00Z') });
    await waitFor(() => expect(result.current.snapshot?.version).toBe(5));
    link.move({ status: committed(4, '2026-02-04T04:00:00Z') });
    await waitFor(() => expect(result.current.behind?.version).toBe(4));
    expect(result.current.snapshot?.version).toBe(5);
  });

  it('moves on only when all answers for the next snapshot have arrived', async () => {
    const { result, link, wrapper } = open();
    await waitFor(() => expect(result.current.snapshot?.version).toBe(1));
    let answer: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const panel = renderHook(
      () => {
        const session = useSession();
        return { session, shown: useCube(session.snapshot?.version ?? 1, QUERY, session.leave) };
      },
      { wrapper },
    );
    await waitFor(() => expect(panel.result.current.shown.state).toBe('ready'));
    gateway.cube = async () => {
      await held;
      return {};
    };
    link.move({ status: committed(2, '2026-02-02T04:00:00Z') });
    await waitFor(() => expect(gateway.asks.at(-1)?.snapshot).toBe(2));
    expect(panel.result.current.session.snapshot?.version).toBe(1);
    answer();
    await waitFor(() => expect(panel.result.current.session.snapshot?.version).toBe(2));
    expect(panel.result.current.shown).toMatchObject({ state: 'ready', updating: false, data: { version: 2 } });
  });

  it('learns the names of another model', async () => {
    const { result, link } = open();
    await waitFor(() => expect(result.current.dataset?.fingerprint).toBe('f1'));
    gateway.start = () => ({ data: { insecure: false, me: null, dataset: { ...DATASET_INFO, name: 'shop', fingerprint: 'f2' }, serving: gateway.status } });
    const next = committed(2, '2026-02-02T04:00:00Z');
    link.move({ status: { ...next, snapshot: next.snapshot && { ...next.snapshot, fingerprint: 'f2' } } });
    await waitFor(() => expect(result.current.dataset?.name).toBe('shop'));
  });

  it('asks for the served snapshot when its own is dropped', async () => {
    const { result, link } = open();
    await waitFor(() => expect(result.current.snapshot?.version).toBe(1));
    const report = vi.spyOn(link, 'report');
    await result.current.leave(1);
    expect(report, 'serving still answers from it').not.toHaveBeenCalled();
    gateway.status = committed(9, '2026-02-09T04:00:00Z');
    await result.current.leave(1);
    expect(report).toHaveBeenCalledWith(gateway.status);
  });
});
