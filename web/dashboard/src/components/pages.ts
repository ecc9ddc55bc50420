// The pages of the navigation bar, from left to right; `g` and a letter leads to each. The labels are keys of texts.

export const PAGES = [
  { to: '/', label: 'page.explore', letter: 'e' },
  { to: '/compare', label: 'page.compare', letter: 'c' },
  { to: '/views', label: 'page.views', letter: 'v' },
  { to: '/status', label: 'page.status', letter: 's' },
] as const;
