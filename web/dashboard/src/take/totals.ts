// What of an answer is about all of its events.

import type { Answered } from '../api/cube';

/** The part of an answer that is about all of it, as if nothing had been grouped. */
export function totalsOf({ version, query, answer }: Answered): Answered {
  const { groupBy: _groupBy, orderBy: _orderBy, having: _having, limit: _limit, offset: _offset, extras = [], ...asked } = query;
  // Verdicts there are of all, too.
  const kept = (extras ?? []).filter((extra) => extra === 'VERDICTS' || extra === 'INTERVALS');
  return { version, query: { ...asked, ...(kept.length > 0 && { extras: kept }) }, answer: { ...answer, rows: [], groupCount: 0, ranks: [], others: null, reach: null } };
}
