import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';
import { showLanguage } from '../language';

// The tour is offered to browsers that have not seen it; its own test begins without.
beforeEach(() => localStorage.setItem('clio.toured', '1'));
afterEach(cleanup);
// Tests read English, each from the start; one about another language shows that itself.
beforeEach(() => showLanguage('en'));
// How long tests wait for an element at most: enough for a busy machine.
configure({ asyncUtilTimeout: 10_000 });

// jsdom lays nothing out; what watches sizes gets an observer that never reports.
class SilentObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= SilentObserver as unknown as typeof ResizeObserver;

// The table shows the rows that fit its height, so it needs one.
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 1000 });
Element.prototype.scrollTo ??= () => {};
window.scrollTo = () => {};
Element.prototype.scrollIntoView ??= () => {};
window.matchMedia ??= (query: string) => {
  const list = new EventTarget() as MediaQueryList;
  return Object.assign(list, { matches: false, media: query });
};
const before = new WeakMap<HTMLDialogElement, Element | null>();
// jsdom has dialogs, and opens none. The focus returns as browsers have it.
HTMLDialogElement.prototype.showModal = function showModal(this: HTMLDialogElement) {
  before.set(this, document.activeElement);
  this.open = true;
};
HTMLDialogElement.prototype.close = function close(this: HTMLDialogElement) {
  this.open = false;
  const element = before.get(this);
  if (element instanceof HTMLElement) element.focus();
  this.dispatchEvent(new Event('close'));
};
// React Aria names elements in selectors when a picker opens.
globalThis.CSS ??= { escape: (text: string) => text } as unknown as typeof CSS;
