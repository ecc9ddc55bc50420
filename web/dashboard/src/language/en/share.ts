// Sending a link with its numbers.

export default {
  'share.making': 'Making the link…',
  'share.copied': 'Link copied to the clipboard. {about}',
  'share.copyHere': 'Copy the link from here. {about}',
  'share.notKept': 'It shows the numbers of the day on which it is opened. {hint}',
  'share.keeps': 'It keeps the numbers of {panels, plural, one {one panel} other {# panels}} as of snapshot {version}.',
  'share.failed': 'The link could not be made. {why}',
  'share.link': 'The link',
  'share.what': 'What was sent',
  'share.sentBy': 'Sent by {person}, {moment}.',
  'share.stays': 'The page stays at snapshot {version}.',
  'share.staysSent': 'The page stays at snapshot {version}, whose numbers were sent.',
  'share.differs': 'The sent numbers are from snapshot {sent}; the page shows snapshot {version}.',
  'share.newest': 'Show the newest',
  'share.newestVersion': 'Show the newest, snapshot {version}',
  'share.gone': 'Snapshot {version} is not available any more.',
  'share.again': 'Show snapshot {version}',
  'share.unreadable': 'These numbers cannot be read.',
  'share.now': 'now {value}',
  'share.firstRows': 'The first {kept, number} of {all, number} rows were kept.',
  'share.bounded': '{value} ({bounds})',
} as const;
