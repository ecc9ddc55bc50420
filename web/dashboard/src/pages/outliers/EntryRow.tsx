// One entry of the list: picture, kind, name, the reason in words, and how it stands to its peers.

import type { Dataset } from '../../api/dataset';
import type { Entry } from '../../api/outlierQueue';
import { Interval, type IntervalScale } from '../../components/chart/Interval';
import { StackedLabel } from '../../components/Label';
import { Thumbnail } from '../../components/Thumbnail';
import { formatDay } from '../../format';
import { t } from '../../language';
import { KindMark } from './KindMark';
import { changeOf, labelOfOutlier, ratioOf, reasonOf } from './reason';
import './EntryRow.css';

interface EntryRowProps {
  readonly dataset: Dataset;
  readonly entry: Entry;
  /** The scale of all rows; null if there is nothing to draw. */
  readonly scale: IntervalScale | null;
  readonly isOpen: boolean;
  readonly onChoose: () => void;
}

export function EntryRow({ dataset, entry: { outlier, isNew, place }, scale, isOpen, onChoose }: EntryRowProps) {
  const { text, bounds } = changeOf(outlier.rate);
  const day = formatDay(outlier.since);
  return (
    <button type="button" className="outlier-choose" aria-pressed={isOpen} onClick={onChoose}>
      <span className="outlier-picture">
        <Thumbnail src={outlier.media ?? null} />
      </span>
      <span className="outlier-words">
        <span className="outlier-name">
          <KindMark kind={outlier.kind} />
          <StackedLabel text={labelOfOutlier(outlier)} />
        </span>
        <span>{reasonOf(outlier, dataset)[0]}</span>
        {scale !== null && (
          <span className="outlier-interval">
            <Interval value={ratioOf(outlier.rate)} scale={scale} reference={1} />
            <span className="visually-hidden">{bounds === null ? t('outliers.unclear', { ratio: text }) : t('outliers.interval', { ratio: text, bounds })}</span>
          </span>
        )}
      </span>
      <span className="outlier-when">
        {outlier.orBefore ? t('outliers.orBefore', { day }) : t('outliers.since', { day })}
        {isNew && place === 'open' && <strong className="outlier-new">{t('outliers.isNew')}</strong>}
      </span>
    </button>
  );
}
