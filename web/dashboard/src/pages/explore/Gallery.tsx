// Groups as large pictures, each with the charted number on a scale that all of them share.

import { type Answered, keysOf, measuresOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { Tile } from '../../components/Tile';
import { intervalScale } from '../../components/chart/Interval';
import { NO_VALUE, referenceOf } from '../../format';
import { t } from '../../language';
import { KeyAction } from './actions';
import { rowLabel, styleOf } from './columns';
import './Gallery.css';

/** The most pictures shown. */
const MOST_TILES = 60;

interface GalleryProps {
  readonly dataset: Dataset;
  readonly data: Answered;
  readonly measure: string;
}

export default function Gallery({ dataset, data, measure }: GalleryProps) {
  const keys = keysOf(data, dataset);
  const measures = measuresOf(data, dataset);
  const lead = Math.max(0, measures.findIndex(({ name }) => name === measure));
  const info = measures[lead];
  const rows = data.answer.rows.slice(0, MOST_TILES);
  const reference = info ? referenceOf(info, data.answer.total.values[lead]) : null;
  const scale = intervalScale(rows.map((row) => row.values[lead]), reference);
  const position = Math.max(0, keys.findIndex((key) => key.field?.hasMedia));
  const others = measures.map((_, index) => index).filter((index) => index !== lead).slice(0, 2);
  if (!info) return null;
  const style = styleOf(info, lead, data);
  return (
    <div className="gallery-frame">
      {data.answer.groupCount > rows.length && (
        <p className="muted">
          {t('table.galleryFirst', { shown: rows.length, all: data.answer.groupCount })}
        </p>
      )}
      <ul className="gallery">
        {rows.map((row) => {
          const cell = row.keys[position];
          const key = keys[position];
          if (!cell || !key) return null;
          const label = rowLabel(row, keys);
          return (
            <li key={JSON.stringify(row.keys.map(({ value }) => value))}>
              <KeyAction info={key} cell={cell} className="gallery-tile">
                <Tile
                  label={label}
                  media={cell.media}
                  measure={info.label}
                  value={row.values[lead] ?? NO_VALUE}
                  style={style}
                  scale={scale}
                  reference={reference}
                  small={others.flatMap((index) => {
                    const other = measures[index];
                    return other ? [{ label: other.label, value: row.values[index] ?? NO_VALUE, style: styleOf(other, index, data) }] : [];
                  })}
                />
              </KeyAction>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
