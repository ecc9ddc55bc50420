// What one does about an entry, each with a way back.

import { useState } from 'react';
import {
  AddAcknowledgementDocument,
  AddMuteDocument,
  ChangeAcknowledgementDocument,
  RemoveAcknowledgementDocument,
  RemoveMuteDocument,
  RestoreAcknowledgementDocument,
  RestoreMuteDocument,
} from '../../api/generated';
import type { Dataset } from '../../api/dataset';
import { type Acknowledgement, type Mute, type Outlier, type OutlierList, useKeepHandled } from '../../api/outliers';
import { addDays } from '../../format';
import { t } from '../../language';
import { labelOfOutlier } from './reason';

interface Revised {
  readonly id: string;
  readonly revision: number;
}

export interface Handling {
  /** Why the last change was refused. */
  readonly problem: string | null;
  /** What was done last, and its way back. */
  readonly done: { readonly text: string; readonly undo: () => void } | null;
  readonly acknowledge: (outlier: Outlier, note: string) => void;
  readonly changeNote: (acknowledgement: Acknowledgement, note: string) => void;
  readonly reopen: (acknowledgement: Acknowledgement, label: string) => void;
  /** For so many days beyond the newest list, or for ever; of its kind, or of every one. */
  readonly mute: (outlier: Outlier, days: number | null, everyKind: boolean) => void;
  readonly unmute: (mute: Mute, label: string) => void;
}

export function useHandling(dataset: Dataset, list: Pick<OutlierList, 'dimension' | 'lastDay'>): Handling {
  const { keep, problem } = useKeepHandled();
  const [done, setDone] = useState<Handling['done']>(null);
  const field = dataset.field.get(list.dimension)?.enumName ?? '';
  const undo = (back: () => Promise<unknown>) => () => void back().then((result) => result !== null && setDone(null));
  const unacknowledge = ({ id, revision }: Revised) => keep(RemoveAcknowledgementDocument, { id, revision });
  const removeMute = ({ id, revision }: Revised) => keep(RemoveMuteDocument, { id, revision });
  return {
    problem,
    done,
    acknowledge: async (outlier, note) => {
      const { value, kind, since } = outlier;
      const result = await keep(AddAcknowledgementDocument, { acknowledgement: { field, value, kind, since, through: list.lastDay, note: note === '' ? null : note } });
      if (result !== null) setDone({ text: t('outliers.acknowledged', { label: labelOfOutlier(outlier) }), undo: undo(() => unacknowledge(result.addAcknowledgement)) });
    },
    changeNote: async ({ id, revision }, note) => {
      if ((await keep(ChangeAcknowledgementDocument, { id, revision, note: note === '' ? null : note })) !== null) setDone(null);
    },
    reopen: async (acknowledgement, label) => {
      const result = await unacknowledge(acknowledgement);
      if (result === null) return;
      const { id, revision } = result.removeAcknowledgement;
      setDone({ text: t('outliers.reopened', { label }), undo: undo(() => keep(RestoreAcknowledgementDocument, { id, revision })) });
    },
    mute: async (outlier, days, everyKind) => {
      const { value, kind } = outlier;
      const until = days === null ? null : addDays(list.lastDay, days);
      const result = await keep(AddMuteDocument, { mute: { field, value, kind: everyKind ? null : kind, until } });
      if (result !== null) setDone({ text: t('outliers.muted', { label: labelOfOutlier(outlier) }), undo: undo(() => removeMute(result.addMute)) });
    },
    unmute: async (mute, label) => {
      const result = await removeMute(mute);
      if (result === null) return;
      const { id, revision } = result.removeMute;
      setDone({ text: t('outliers.unmuted', { label }), undo: undo(() => keep(RestoreMuteDocument, { id, revision })) });
    },
  };
}
