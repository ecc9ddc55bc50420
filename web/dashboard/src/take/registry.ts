// What each panel on the page offers to take away, so that all of them can be shown one after the other.

import type { Taken } from './about';

const known = new WeakMap<Element, Taken>();

/** Notes what the panel of a button shows. */
export function offer(button: Element, taken: Taken): void {
  known.set(button, taken);
}

export interface Offered {
  readonly button: Element;
  readonly body: Element;
  readonly taken: Taken;
}

/** What all panels with content offer, in the order of the page. */
export function offers(): Offered[] {
  return [...document.querySelectorAll('[data-take="no"]')].flatMap((button) => {
    const taken = known.get(button);
    const body = button.closest('section')?.querySelector('.panel-body');
    return taken && body ? [{ button, body, taken }] : [];
  });
}
