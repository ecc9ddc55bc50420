// Where the tour of Explore stands: it is offered once to each browser, and begun again from the page Help.

import { useSyncExternalStore } from 'react';

const SEEN = 'clio.toured';

export interface TourState {
  /** Whether it is offered; never to a browser where it was seen or declined, or that remembers nothing. */
  readonly isOffered: boolean;
  /** The step that is shown, from 0; null while it is not under way. */
  readonly step: number | null;
}

let state: TourState | null = null;
const listeners = new Set<() => void>();

function read(): TourState {
  state ??= { isOffered: !wasSeen(), step: null };
  return state;
}

function show(next: TourState): void {
  state = next;
  for (const listener of listeners) listener();
}

function wasSeen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true;
  }
}

export function beginTour(): void {
  show({ isOffered: false, step: 0 });
}

export function goTo(step: number): void {
  show({ isOffered: false, step });
}

/** Ends it, or declines it. */
export function endTour(): void {
  try {
    localStorage.setItem(SEEN, '1');
  } catch {
    // It is not offered to such a browser anyhow.
  }
  show({ isOffered: false, step: null });
}

/** Forgets what this page knows, so that the browser is asked again: for tests. */
export function forgetTour(): void {
  state = null;
}

export function useTour(): TourState {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
}
