// What the tour says, one place of Explore after the other.

export interface TourStep {
  /** A selector of what it is about; a step whose place is not on the page stands without a frame. */
  readonly place: string;
  readonly title: string;
  readonly text: string;
}

export const STEPS: readonly TourStep[] = [
  {
    place: '[role="status"][aria-label="Snapshot"]',
    title: 'One snapshot',
    text: 'All numbers on the page are of this snapshot. While it says “live”, a newer one takes over by itself, in one instant.',
  },
  {
    place: '[role="group"][aria-label="What is shown"]',
    title: 'What is shown',
    text: 'Choose days, what to compare with, groups, measures and filters. The key / adds a filter, Ctrl Z takes a change back, and the address holds all of it.',
  },
  {
    place: 'section[aria-label="Totals"]',
    title: 'Totals, with their bounds',
    text: 'People are counted by sketches. The fine line below a number says between which two the true one lies, in 95 of 100 cases. Press a number to draw it.',
  },
  {
    place: '.panel-trend',
    title: 'Day by day',
    text: 'Missing days are hatched and never joined, incomplete ones hollow. Press a day to see that day alone; “+ Note” keeps what happened on it.',
  },
  {
    place: 'section[aria-label="Groups"]',
    title: 'Rows lead on',
    text: 'Press a row to go on to it. Tick two to compare them: there it says in words whether a rate is really higher.',
  },
  {
    place: '[data-tour="send"]',
    title: 'Show it to others',
    text: 'Send makes a short link that keeps the numbers that you see. The arrow of a panel takes it away as table, picture or question.',
  },
];
