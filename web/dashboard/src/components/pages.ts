// The pages of the navigation bar, from left to right; `g` and a letter leads to each. The labels are keys of texts.

import type { Dataset } from '../api/dataset';

export const PAGES = [
  { to: '/', label: 'page.explore', letter: 'e' },
  { to: '/compare', label: 'page.compare', letter: 'c' },
  { to: '/outliers', label: 'page.outliers', letter: 'o' },
  { to: '/views', label: 'page.views', letter: 'v' },
  { to: '/status', label: 'page.status', letter: 's' },
] as const;

/** The pages that there are for a dataset: outliers are not of every model, nor for everybody. */
export function pagesOf(dataset: Dataset | null): readonly (typeof PAGES)[number][] {
  return PAGES.filter(({ to }) => to !== '/outliers' || (dataset !== null && dataset.outliers !== null));
}
