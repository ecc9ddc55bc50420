// What a chart draws: labelled values with their bounds, in the order of the axis.

import type { Value } from '../../format';

export interface Point {
  /** For the axis. */
  readonly short: string;
  /** For the readout and the table. */
  readonly label: string;
  /** Null where there is no row: a day that is missing, or that the filter leaves empty. */
  readonly value: Value | null;
  /** Why the value needs care: "missing", "provisional". */
  readonly note?: string;
}
