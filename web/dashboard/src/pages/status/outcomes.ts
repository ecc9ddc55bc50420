// The outcome of a run in words.

import type { RunOutcome } from '../../api/generated';

export const OUTCOMES: Readonly<Record<RunOutcome, string>> = {
  COMMITTED: 'published',
  UNCHANGED: 'nothing new',
  FAILED: 'failed',
  DIED: 'was killed',
};
