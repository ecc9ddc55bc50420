// The command menu, and finding members.

export default {
  'find.page': 'Page',
  'find.hint': 'A title, an asset, a tag, a country, a page…',
  'find.none': 'No matches.',
} as const;
