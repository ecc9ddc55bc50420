// Small pages: a link, an address that leads nowhere.

export default {
  'pages.notFoundTitle': 'Page not found',
  'pages.notFound': 'There is no page at this address.',
  'pages.toExplore': 'Go to Explore',
  'pages.openingLink': 'Opening a link',
} as const;
