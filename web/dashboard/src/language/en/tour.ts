// The tour of Explore.

export default {
  'tour.label': 'Tour',
  'tour.offer': '<b>New here?</b> A tour of one minute shows what the page can do.',
  'tour.show': 'Show me',
  'tour.decline': 'No, thanks',
  'tour.step': '{step, number} of {steps, number}',
  'tour.back': 'Back',
  'tour.next': 'Next',
  'tour.end': 'End',
  'tour.toHelp': 'How to read the numbers',
  'tour.snapshot': '<b>One snapshot.</b> All numbers on the page are of this snapshot. While it says “live”, a newer one takes over by itself, in one instant.',
  'tour.shown': '<b>What is shown.</b> Choose days, what to compare with, groups, measures and filters. The key / adds a filter, Ctrl Z takes a change back, and the address holds all of it.',
  'tour.totals': '<b>Totals, with their bounds.</b> People are counted by sketches. The fine line below a number says between which two the true one lies, in 95 of 100 cases. Press a number to draw it.',
  'tour.days': '<b>Day by day.</b> Missing days are hatched and never joined, incomplete ones hollow. Press a day to see that day alone; “+ Note” keeps what happened on it.',
  'tour.rows': '<b>Rows lead on.</b> Press a row to go on to it. Tick two to compare them: there it says in words whether a rate is really higher.',
  'tour.send': '<b>Show it to others.</b> Send makes a short link that keeps the numbers that you see. The arrow of a panel takes it away as table, picture or question.',
} as const;
