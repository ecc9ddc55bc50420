import { QueryClientProvider } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Answered } from '../../api/cube';
import { makeClient } from '../../App';
import { answerTo, failure, type Gateway, mockGateway } from '../../testing/gateway';
import { PAGE_ROWS } from './query';
import { usePages } from './usePages';

const QUERY = { from: null, to: null, where: null, groupBy: ['COUNTRY'], measures: ['VIEWERS'], orderBy: [], limit: PAGE_ROWS, offset: 0 };

function page(offset: number) {
  const labels = Array.from({ length: PAGE_ROWS }, (_, index) => `row ${offset + index}`);
  return { ...answerTo({ query: QUERY, snapshot: 1 }, labels), groupCount: 10 * PAGE_ROWS };
}

const FIRST: Answered = { version: 1, query: QUERY, answer: page(0) };

let gateway: Gateway;
beforeEach(() => {
  gateway = mockGateway();
  gateway.cube = (ask) => page(ask.query.offset ?? 0);
});

function renderPages(visible: { from: number; to: number }) {
  const client = makeClient();
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook((seen: { from: number; to: number }) => usePages(FIRST, seen), { wrapper, initialProps: visible });
}

const labelAt = (result: { current: ReturnType<typeof usePages> }, index: number) => result.current.rowAt(index)?.keys[0]?.label;

describe('the pages of the table', () => {
  it('ask nothing for the rows of the first answer', () => {
    const { result } = renderPages({ from: 0, to: PAGE_ROWS - 1 });
    expect(labelAt(result, 0)).toBe('row 0');
    expect(labelAt(result, PAGE_ROWS - 1)).toBe(`row ${PAGE_ROWS - 1}`);
    expect(gateway.asks).toEqual([]);
  });

  it('are fetched as they come into view, from the snapshot of the first page', async () => {
    const at = 3 * PAGE_ROWS - 2;
    const { result } = renderPages({ from: at, to: at + 4 });
    expect(labelAt(result, at)).toBeUndefined();
    await waitFor(() => expect(labelAt(result, at)).toBe(`row ${at}`));
    await waitFor(() => expect(labelAt(result, at + 4)).toBe(`row ${at + 4}`));
    expect(gateway.asks.map((ask) => [ask.snapshot, ask.query.offset])).toEqual([
      [1, 2 * PAGE_ROWS],
      [1, 3 * PAGE_ROWS],
    ]);
  });

  it('say why a page failed to load, and retry it', async () => {
    gateway.cube = () => failure('RESOURCE_EXHAUSTED', 'the answer is too large');
    const { result } = renderPages({ from: PAGE_ROWS, to: PAGE_ROWS + 5 });
    await waitFor(() => expect(result.current.error?.message).toBe('the answer is too large'));
    gateway.cube = (ask) => page(ask.query.offset ?? 0);
    result.current.retry();
    await waitFor(() => expect(labelAt(result, PAGE_ROWS)).toBe(`row ${PAGE_ROWS}`));
    expect(result.current.error).toBeNull();
  });
});
