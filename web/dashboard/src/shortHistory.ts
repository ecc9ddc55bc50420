// A history that shows long addresses as short links. The page sees the whole address; the browser, and the server on a
// reload, see `/l/ID`. The history entry holds the whole address too, so that Back, Forward and a reload before the link is
// kept lose nothing.

import { createBrowserHistory, type RouterHistory } from '@tanstack/react-router';
import { LONGEST_ADDRESS } from './pages/explore/address';

/** Longer addresses are not fit to be sent: mail and chat programs cut them. */
export const LONGEST_SHOWN = 1_500;
/** Stands in for the link until it is kept; real ids have thirteen letters. */
const WAITING = '/l/waiting';
/** The pause after which an address is kept, since every ticked value makes a new one. */
const SETTLED_MS = 300;

interface Entry {
  readonly address?: string;
  readonly sent?: string;
}

/** `shorten` keeps an address and returns its id. */
export function shortHistory(shorten: (address: string) => Promise<string>, win: Window = window): RouterHistory {
  const shown = new Map<string, string>();
  const entry = () => (win.history.state ?? {}) as Entry;
  const { location } = win;
  const shownAs = (address: string, { sent }: Entry) => {
    if (sent !== undefined) return `/l/${sent}`;
    return address.length <= LONGEST_SHOWN ? address : (shown.get(address) ?? WAITING);
  };
  const write = (method: 'pushState' | 'replaceState') => (state: unknown, title: string, url?: string | URL | null) => {
    if (url == null) return win.history[method](state, title);
    const address = String(url);
    const { address: _before, ...rest } = (state ?? {}) as Entry;
    const short = shownAs(address, rest);
    win.history[method](short === address ? rest : { ...rest, address }, title, short);
  };
  const whole = () => new URL(entry().address ?? location.href, location.origin);

  // A sent link stays in the bar, so that opening or reloading it shows what was sent.
  if (entry().sent !== undefined) win.history.replaceState(null, '');

  const history = createBrowserHistory({
    window: {
      history: {
        get state() {
          return win.history.state;
        },
        get length() {
          return win.history.length;
        },
        back: () => win.history.back(),
        forward: () => win.history.forward(),
        go: (n: number) => win.history.go(n),
        pushState: write('pushState'),
        replaceState: write('replaceState'),
      },
      location: {
        get pathname() {
          return whole().pathname;
        },
        get search() {
          return whole().search;
        },
        get hash() {
          return whole().hash;
        },
        get href() {
          return whole().href;
        },
      },
      document: win.document,
      addEventListener: win.addEventListener.bind(win),
      removeEventListener: win.removeEventListener.bind(win),
    },
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = async (address: string) => {
    // If nothing can be kept, a long address is better than none.
    const fallback = address.length <= LONGEST_ADDRESS ? address : WAITING;
    const short = await shorten(address).then((id) => `/l/${id}`, () => fallback);
    if (short !== fallback) shown.set(address, short);
    if (history.location.href === address) win.history.replaceState(win.history.state, '', short);
  };
  const follow = () => {
    clearTimeout(timer);
    const { href, state } = history.location;
    if (href.length <= LONGEST_SHOWN || state.sent !== undefined) return;
    timer = setTimeout(() => void keep(href), shown.has(href) ? 0 : SETTLED_MS);
  };
  history.subscribe(follow);
  follow();
  return history;
}
