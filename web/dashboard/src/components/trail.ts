// Undo and redo: since every change is in the address, a trail of addresses is enough. Each page begins a trail of its
// own; the browser's Back leads to other pages.

import { type RouterHistory, useRouter } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';

/** The most steps that can be undone. */
const LONGEST = 100;

interface Steps {
  readonly past: readonly string[];
  readonly future: readonly string[];
}

export interface Trail {
  readonly read: () => Steps;
  readonly listen: (listener: () => void) => () => void;
  /** Undoes the last change, as a new entry of the history. */
  readonly undo: () => void;
  readonly redo: () => void;
}

const trails = new WeakMap<RouterHistory, Trail>();

/** The trail of a history, which is recorded from the first call on. */
export function trailOf(history: RouterHistory): Trail {
  const known = trails.get(history);
  if (known) return known;
  const listeners = new Set<() => void>();
  let steps: Steps = { past: [], future: [] };
  let shown = history.location;
  let isOwn = false;
  const show = (next: Steps) => {
    steps = next;
    for (const listener of listeners) listener();
  };
  history.subscribe(({ location }) => {
    const before = shown;
    shown = location;
    if (isOwn || location.href === before.href) return;
    if (location.pathname !== before.pathname) return show({ past: [], future: [] });
    show({ past: [...steps.past, before.href].slice(-LONGEST), future: [] });
  });
  const go = (to: string, next: Steps) => {
    isOwn = true;
    history.push(to);
    isOwn = false;
    show(next);
  };
  const trail: Trail = {
    read: () => steps,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    undo: () => {
      const to = steps.past.at(-1);
      if (to !== undefined) go(to, { past: steps.past.slice(0, -1), future: [...steps.future, shown.href] });
    },
    redo: () => {
      const to = steps.future.at(-1);
      if (to !== undefined) go(to, { past: [...steps.past, shown.href], future: steps.future.slice(0, -1) });
    },
  };
  trails.set(history, trail);
  return trail;
}

export function useTrail(): Trail & Steps {
  const trail = trailOf(useRouter().history);
  return { ...trail, ...useSyncExternalStore(trail.listen, trail.read) };
}

/** Ctrl Z and Ctrl Shift Z, except in text fields, which have an undo of their own. */
export function useTrailKeys(): void {
  const { history } = useRouter();
  useEffect(() => {
    const trail = trailOf(history);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'z' || event.altKey || !(event.ctrlKey || event.metaKey)) return;
      // By the focus, not the target: a combobox redirects its key events to an option.
      if (document.activeElement?.closest('input:not([type="checkbox"]), textarea, [contenteditable], [role="dialog"], dialog')) return;
      event.preventDefault();
      if (event.shiftKey) trail.redo();
      else trail.undo();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [history]);
}
