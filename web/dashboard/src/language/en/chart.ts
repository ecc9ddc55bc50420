// Charts, and their tables.

export default {
  'chart.empty': 'No data here.',
  'chart.value': 'Value',
  'chart.note': 'Note',
  'chart.bounds': '95 % bounds',
  'chart.noRows': 'no rows',
  'chart.noValues': 'no values',
  'chart.notFromZero': 'does not begin at 0',
  'chart.point': '{label}: {value}',
  'chart.pointNote': '{label}: {value} ({note})',
  'chart.noted': '{point}; noted: {notes}',
  'chart.showTable': 'Show as table',
} as const;
