// What the tour says, one place of Explore after the other: a selector of what a step is about, without which it stands
// without a frame, and the key of its text.

export const STEPS = [
  { place: '[data-tour="snapshot"]', text: 'tour.snapshot' },
  { place: '[data-tour="shown"]', text: 'tour.shown' },
  { place: '[data-tour="totals"]', text: 'tour.totals' },
  { place: '.panel-trend', text: 'tour.days' },
  { place: '[data-tour="rows"]', text: 'tour.rows' },
  { place: '[data-tour="send"]', text: 'tour.send' },
] as const;
