// Pictures of the compared members; their videos play in step.

import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { CubeRow } from '../../api/cube';
import { type Dataset, type FieldInfo, pageOf } from '../../api/dataset';
import { StackedLabel } from '../../components/Label';
import { isVideo, Preview } from '../../components/Preview';
import { t } from '../../language';
import type { ExploreState } from '../explore/state';
import { carriedSearch } from '../explore/usePageState';
import '../../components/chart/TrendPicture.css';
import './Pictures.css';

export interface Side {
  readonly value: string;
  readonly label: string;
  readonly media: string | null;
  /** Null where there is no data. */
  readonly row: CubeRow | null;
}

interface PicturesProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly field: FieldInfo;
  readonly sides: readonly Side[];
  readonly onRemove: (value: string) => void;
}

export function Pictures({ dataset, state, field, sides, onRemove }: PicturesProps) {
  const videos = useRef(new Map<string, HTMLVideoElement>());
  const [playing, setPlaying] = useState(false);
  const nVideos = sides.filter(({ media }) => isVideo(media ?? '')).length;

  const toggle = async () => {
    const all = [...videos.current.values()];
    if (playing) {
      for (const video of all) video.pause();
      return setPlaying(false);
    }
    // All from the same position.
    const from = Math.min(...all.map((video) => video.currentTime));
    for (const video of all) video.currentTime = from;
    await Promise.allSettled(all.map((video) => video.play()));
    setPlaying(true);
  };

  return (
    <section aria-label={t('compare.what')}>
      <ul className="pictures">
        {sides.map((side, index) => (
          <li key={side.value} className={`picture series series-${index + 1}`}>
            {field.hasMedia && (
              <Preview
                src={side.media}
                label={side.label}
                video={(element) => {
                  if (element) videos.current.set(side.value, element);
                  else videos.current.delete(side.value);
                }}
              />
            )}
            <p className="picture-name">
              <span className="trend-key" />
              <Name dataset={dataset} state={state} field={field} side={side} />
              <button type="button" className="picture-remove" aria-label={t('words.remove', { label: side.label })} onClick={() => onRemove(side.value)}>
                <span aria-hidden="true">×</span>
              </button>
            </p>
            {side.row === null && <p className="muted">{t('words.noData')}</p>}
          </li>
        ))}
      </ul>
      {nVideos > 1 && (
        <button type="button" className="button" aria-pressed={playing} onClick={() => void toggle()}>
          {t(playing ? 'compare.pause' : 'compare.play')}
        </button>
      )}
    </section>
  );
}

interface NameProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly field: FieldInfo;
  readonly side: Side;
}

function Name({ dataset, state, field, side }: NameProps) {
  const page = pageOf(dataset, field, side.value);
  if (page === null) return <strong className="picture-label" dir="auto">{side.label}</strong>;
  return (
    <Link to={page} params={{ member: side.value }} search={carriedSearch(state, dataset)} className="picture-label">
      <StackedLabel text={side.label} />
    </Link>
  );
}
