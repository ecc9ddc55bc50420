import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LONGEST_SHOWN, shortHistory } from './shortHistory';

const LONG = `/?country.any=${'x'.repeat(LONGEST_SHOWN)}`;
const OTHER = `${LONG}y`;
const SETTLED = 400;

const shown = () => `${location.pathname}${location.search}`;
const ids = new Map([
  [LONG, '0000000000001'],
  [OTHER, '0000000000002'],
]);
const shorten = vi.fn((address: string) => Promise.resolve(ids.get(address) ?? ''));
let opened: ReturnType<typeof shortHistory>[] = [];

function open(make: (address: string) => Promise<string> = shorten) {
  const history = shortHistory(make);
  opened.push(history);
  return history;
}

/** As a reload does: the entry stays, the page begins anew. */
function reload() {
  for (const history of opened) history.destroy();
  opened = [];
  return open();
}

beforeEach(() => {
  vi.useFakeTimers();
  shorten.mockClear();
  window.history.replaceState(null, '', '/');
});
afterEach(() => {
  for (const history of opened) history.destroy();
  opened = [];
  vi.useRealTimers();
});

describe('a history of long addresses', () => {
  it('leaves addresses as they are that can be sent', async () => {
    const history = open();
    history.push('/?last=7');
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/?last=7');
    expect(shorten).not.toHaveBeenCalled();
  });

  it('shows the browser a short link, and the page the whole address', async () => {
    const history = open();
    history.push(LONG);
    await vi.advanceTimersByTimeAsync(0);
    // A server is never asked for the whole of it, not even before the link is kept.
    expect(shown()).toBe('/l/waiting');
    expect(history.location.href).toBe(LONG);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/l/0000000000001');
    expect(history.location.href).toBe(LONG);
    expect(reload().location.href).toBe(LONG);
  });

  it('is not lost by a reload before the link is kept', async () => {
    open(() => new Promise(() => {})).push(LONG);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/l/waiting');
    const history = reload();
    expect(history.location.href).toBe(LONG);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/l/0000000000001');
  });

  it('keeps what is settled alone, and each address once', async () => {
    const history = open();
    history.push(OTHER);
    history.replace(LONG);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shorten.mock.calls).toEqual([[LONG]]);
    history.push('/');
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/');
    history.push(OTHER);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/l/0000000000002');
  });

  it('shows the whole address where nothing can be kept', async () => {
    open(() => Promise.reject(new Error('nothing is kept here'))).push(LONG);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe(LONG);
  });

  it('keeps the link that was sent in the bar, and opens it again on a reload', async () => {
    const history = open();
    history.replace('/?last=7', { sent: '0000000000009' });
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(shown()).toBe('/l/0000000000009');
    expect(history.location.href).toBe('/?last=7');
    expect(reload().location.href).toBe('/l/0000000000009');
  });
});
