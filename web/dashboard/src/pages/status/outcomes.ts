// How a run ended, in a word.

import type { RunOutcome } from '../../api/generated';

export const OUTCOMES: Readonly<Record<RunOutcome, string>> = {
  COMMITTED: 'published',
  UNCHANGED: 'nothing new',
  FAILED: 'failed',
  DIED: 'was killed',
};
