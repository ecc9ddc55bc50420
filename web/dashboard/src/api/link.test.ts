import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serving } from '../testing/gateway';
import { linkAddress, openLink } from './link';

/** A server's end of the socket, as graphql-ws speaks over it. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly opened: FakeSocket[] = [];
  readonly url: string;
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: { type: string; id?: string }[] = [];

  constructor(url: string) {
    super();
    this.url = url;
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }

  close(code = 1000, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason, wasClean: true });
  }

  /** The server takes the socket and acknowledges. */
  accept(): void {
    this.readyState = 1;
    this.onopen?.();
    this.say({ type: 'connection_ack' });
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  tell(version: number): void {
    const id = this.sent.findLast((message) => message.type === 'subscribe')?.id;
    this.say({ id, type: 'next', payload: { data: { serving: serving(version) } } });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened.length = 0;
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const newest = () => FakeSocket.opened.at(-1) as FakeSocket;
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the link', () => {
  it('reports a status, keeps it when the link is lost, and reconnects by itself', async () => {
    const link = openLink('ws://clio.test/graphql/ws');
    const heard = vi.fn();
    link.listen(heard);
    await settle();
    newest().accept();
    await settle();
    newest().tell(1);
    await settle();
    expect(link.read()).toMatchObject({ connected: true, wasConnected: true, status: { snapshot: { version: 1 } } });
    expect(heard).toHaveBeenCalled();

    newest().close(1011);
    await settle();
    // The last status stays: the page knows that it may be old.
    expect(link.read()).toMatchObject({ connected: false, status: { snapshot: { version: 1 } } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.opened.length).toBeGreaterThan(1);
    newest().accept();
    await settle();
    newest().tell(2);
    await settle();
    expect(link.read()).toMatchObject({ connected: true, status: { snapshot: { version: 2 } } });
    link.close();
  });

  it('treats a socket without answers as dead', async () => {
    const link = openLink('ws://clio.test/graphql/ws');
    await settle();
    newest().accept();
    await settle();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(newest().sent.at(-1)?.type).toBe('ping');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(link.read().connected).toBe(false);
    link.close();
  });

  it('is found beside the page', () => {
    expect(linkAddress(new URL('https://clio.test/x') as unknown as Location)).toBe('wss://clio.test/graphql/ws');
    expect(linkAddress(new URL('http://clio.test:8080/') as unknown as Location)).toBe('ws://clio.test:8080/graphql/ws');
  });
});
