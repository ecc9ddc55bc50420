// Parts that stand on many pages: a panel while it loads and when it fails, a preview, what is taken away.

export default {
  'panel.loading': 'Loading',
  'panel.notLoaded': 'Not loaded.',
  'panel.failed': 'This could not be loaded.',
  'panel.notUpdated': 'This could not be updated.',
  'panel.kept': 'The numbers below are from before the failure.',
  'panel.again': 'Try again',
  'panel.retried': 'It is also retried automatically every few seconds.',
  'panel.details': 'Details',
  'panel.takeAway': 'Export: {title}',
  'panel.noSnapshot': 'Serving holds no snapshot yet.',
  'panel.fillsItself': 'The page fills by itself when the first one is published.',
  'preview.none': 'No preview',
  'preview.broken': 'The preview cannot be shown',
  'reach.cannotTell': 'cannot be told',
  'reach.unsure': '{bounds}, too few compared with the others to be sure',
} as const;
