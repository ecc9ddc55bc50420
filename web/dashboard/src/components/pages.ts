// The pages that are reached from everywhere, from left to right: by the bar, and by `g` and a letter.

export const PAGES = [
  { to: '/', label: 'Explore', letter: 'e' },
  { to: '/compare', label: 'Compare', letter: 'c' },
  { to: '/views', label: 'Views', letter: 'v' },
  { to: '/status', label: 'Status', letter: 's' },
] as const;
