// The pages of the navigation bar, from left to right; `g` and a letter leads to each.

export const PAGES = [
  { to: '/', label: 'Explore', letter: 'e' },
  { to: '/compare', label: 'Compare', letter: 'c' },
  { to: '/views', label: 'Views', letter: 'v' },
  { to: '/status', label: 'Status', letter: 's' },
] as const;
