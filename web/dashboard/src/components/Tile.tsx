// A picture with its main number, and two small numbers below.

import { formatBounds, formatValue, type NumberStyle, type Value } from '../format';
import { Interval, type IntervalScale } from './chart/Interval';
import { StackedLabel } from './Label';
import { isVideo } from './Preview';
import { Thumbnail } from './Thumbnail';
import './Tile.css';

interface Small {
  readonly label: string;
  readonly value: Value;
  readonly style: NumberStyle;
}

interface TileProps {
  readonly label: string;
  readonly media: string | null;
  readonly measure: string;
  readonly value: Value;
  readonly style: NumberStyle;
  readonly scale: IntervalScale | null;
  readonly reference: number | null;
  readonly small: readonly Small[];
}

export function Tile({ label, media, measure, value, style, scale, reference, small }: TileProps) {
  return (
    <span className="tile">
      <span className="tile-picture">
        <Thumbnail src={media} />
        {media !== null && isVideo(media) && <span className="tile-play" aria-hidden="true" />}
      </span>
      <span className="tile-head">
        <span className="tile-name" title={label}>
          <StackedLabel text={label} />
        </span>
        <span className="tile-value" title={`${measure}: ${formatBounds(value, style) ?? ''}`}>
          <span className="visually-hidden">{measure} </span>
          {formatValue(value, style)}
          <span className="visually-hidden"> {formatBounds(value, style)}</span>
        </span>
      </span>
      {scale !== null && <Interval value={value} scale={scale} reference={reference} />}
      <span className="tile-small">
        {small.map((one) => (
          <span key={one.label}>
            {one.label} <strong>{formatValue(one.value, one.style)}</strong>
          </span>
        ))}
      </span>
    </span>
  );
}
