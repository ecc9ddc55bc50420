// A list of outliers for tests, and what people did about them.

import type { Acknowledgement, Handled, Mute, Outlier, OutlierList } from '../api/outliers';
import { DATASET_INFO } from './dataset';

const RATE = { of: 'impressions / viewers', own: 0.125, peers: 0.1, ratio: 1.25, lower: 1.125, upper: 1.5 };

export const outlier = (part: Partial<Outlier> = {}): Outlier => ({
  kind: 'MISLEADING',
  value: 'a1',
  label: 'Dune · artwork 1',
  media: null,
  peers: [{ field: 'asset.title', value: 'Dune' }],
  nPeers: 4,
  since: '2026-01-20',
  orBefore: false,
  error: 0.0625,
  rate: RATE,
  watching: { of: 'share_above(watch, 30)', own: 0.25, peers: 0.75, ratio: 0.4, lower: 0.3, upper: 0.5 },
  median: { of: 'watch.p50', own: 10, peers: 200, ratio: 0.05, lower: 0.04, upper: 0.06 },
  frequency: null,
  ...part,
});

const bare = { watching: null, median: null };

export const LIST: OutlierList = {
  dimension: 'asset',
  firstDay: '2026-01-04',
  lastDay: '2026-01-31',
  nDays: 28,
  nJudged: 41,
  nNotJudged: 7,
  outliers: [
    outlier(),
    outlier({ kind: 'FATIGUE', value: 'a2', label: 'Arrival · artwork 2', peers: [{ field: 'asset.title', value: 'Arrival' }], ...bare, frequency: { of: 'impressions / viewers', own: 3.4, peers: 2.1, ratio: 1.62, lower: 1.5, upper: 1.7 } }),
    outlier({ kind: 'STAR', ...bare }),
    outlier({ kind: 'STAR', value: 'a3', label: null, since: '2026-01-18', orBefore: true, ...bare }),
  ],
  earlier: {
    day: '2026-01-24',
    outliers: [
      { kind: 'MISLEADING', value: 'a1', label: 'Dune · artwork 1', media: null, now: ['MISLEADING', 'STAR'], listedThrough: '2026-01-31', rate: RATE, watching: { ...RATE, ratio: 0.5 } },
      { kind: 'STAR', value: 'a1', label: 'Dune · artwork 1', media: null, now: ['MISLEADING', 'STAR'], listedThrough: '2026-01-31', rate: RATE, watching: null },
      { kind: 'STAR', value: 'a4', label: null, media: null, now: ['WEAK'], listedThrough: '2026-01-26', rate: RATE, watching: null },
      { kind: 'STAR', value: 'a5', label: null, media: null, now: [], listedThrough: '2026-01-25', rate: null, watching: null },
    ],
  },
};

export const acknowledgement = (part: Partial<Acknowledgement> = {}): Acknowledgement => ({
  id: '1',
  field: 'asset',
  value: 'a1',
  kind: 'MISLEADING',
  since: '2026-01-20',
  through: '2026-01-31',
  note: 'asked the team',
  isMine: true,
  createdBy: 'local',
  createdAt: '2026-02-01T08:00:00Z',
  revision: 1,
  ...part,
});

export const mute = (part: Partial<Mute> = {}): Mute => ({ id: '1', field: 'asset', value: 'a1', kind: null, until: null, revision: 1, ...part });

export const handled = ({ acknowledgements = [], mutes = [] }: { readonly acknowledgements?: readonly Acknowledgement[]; readonly mutes?: readonly Mute[] }): Handled => ({
  acknowledgements: { acknowledgements: [...acknowledgements], hasMore: false },
  mutes: [...mutes],
  lastOutlierVisit: null,
});

/** The dataset of tests, with a model that declares outliers. */
export const WITH_OUTLIERS = {
  ...DATASET_INFO,
  outliers: { dimension: 'asset', peers: ['asset.title'], pool: null, rate: 'impressions / viewers', watching: 'share_above(watch, 30)', beyond: 0.25, worthwhile: 0.05 },
};
