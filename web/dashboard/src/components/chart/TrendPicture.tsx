// Lines with their bands. Missing days are gaps, never zeros; an incomplete step is dashed with a hollow end; and lines
// end in their names where there is room.

import { scaleBand, type ScaleLinear } from 'd3-scale';
import { area, line as lineShape } from 'd3-shape';
import { useId, useMemo } from 'react';
import { formatAxis, type NumberStyle } from '../../format';
import { t } from '../../language';
import { useWidth } from '../useWidth';
import type { Line, Point } from './points';
import { type Axis, axisOf, labelled, marksOf, runsOf, spread } from './scale';
import './TrendPicture.css';

const HEIGHT = 264;
const TOP = 18;
const BOTTOM = 24;
const LEFT = 52;
const RIGHT = 18;
/** The width that names at the ends of lines take; a narrower picture has them below it. */
const NAMES = 168;
const WIDE = 620;
const LABEL_WIDTH = 78;
const NAME_HEIGHT = 16;
const NAME_LETTERS = 22;
/** Beyond so many points lines are drawn without dots. */
const MOST_DOTS = 62;

interface TrendPictureProps {
  readonly lines: readonly Line[];
  readonly style: NumberStyle;
  readonly active: number | null;
}

export function TrendPicture({ lines, style, active }: TrendPictureProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  // As attributes, since a stylesheet would resolve the address relative to itself.
  const hatch = useId();
  const { named } = frameOf(lines, width);
  // A trend of years is costly to draw, and the pointer moves over it.
  const drawn = useMemo(() => <Drawn lines={lines} style={style} width={width} hatch={hatch} />, [lines, style, width, hatch]);
  const { atPlace, y } = scalesOf(lines, width);
  return (
    <div ref={box} className="trend-box">
      <svg className="trend" width={width} height={HEIGHT} aria-hidden="true">
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect className="trend-hatch" width="2.4" height="6" />
          </pattern>
        </defs>
        {drawn}
        {active !== null && (
          <>
            <line className="trend-pointer" x1={atPlace(active)} x2={atPlace(active)} y1={TOP} y2={HEIGHT - BOTTOM} />
            {lines.map((line, index) => {
              const value = line.points[active]?.value?.value;
              // oxlint-disable-next-line react/no-array-index-key
              return value == null ? null : <circle key={index} className={`trend-dot ${colorOf(line, index)}`} cx={atPlace(active)} cy={y(value)} r={4.5} />;
            })}
          </>
        )}
      </svg>
      {lines.length > 1 && !named && (
        <ul className="trend-legend">
          {lines.map((line, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index} className={colorOf(line, index)}>
              <span className="trend-key" /> {line.name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface Scales {
  readonly atPlace: (index: number) => number;
  readonly y: ScaleLinear<number, number>;
  readonly axis: Axis;
  /** How wide a place is. */
  readonly slot: number;
}

function scalesOf(lines: readonly Line[], width: number): Scales {
  const places = Array.from(lines[0]?.points ?? [], (_, index) => index);
  const x = scaleBand(places, [LEFT, Math.max(LEFT + 1, width - frameOf(lines, width).right)]);
  const axis = axisOf(lines, HEIGHT - BOTTOM, TOP);
  const slot = x.bandwidth();
  return { atPlace: (index) => (x(index) ?? LEFT) + slot / 2, y: axis.scale, axis, slot };
}

interface DrawnProps {
  readonly lines: readonly Line[];
  readonly style: NumberStyle;
  readonly width: number;
  readonly hatch: string;
}

function Drawn({ lines, style, width, hatch }: DrawnProps) {
  const places = lines[0]?.points ?? [];
  const { right, named } = frameOf(lines, width);
  const { atPlace, y, axis, slot } = scalesOf(lines, width);
  return (
    <>
      {places.map((place, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Ground key={index} hatch={hatch} place={place} x={atPlace(index) - slot / 2} width={slot} />
      ))}
      {marksOf(axis).map((tick) => (
        <g key={tick}>
          <line className={tick === y.domain()[0] && axis.isCut ? 'trend-rule trend-cut' : 'trend-rule'} x1={LEFT} x2={width - right} y1={y(tick)} y2={y(tick)} />
          <text className="trend-tick" x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
            {formatAxis(tick, style)}
          </text>
        </g>
      ))}
      {/* The flags of annotations stand above the rules. */}
      {axis.isCut && (
        <text className="trend-tick" x={LEFT} y={places.some(({ marks }) => marks) ? HEIGHT - BOTTOM - 6 : 11}>
          {t('chart.notFromZero')}
        </text>
      )}
      {labelled(places.length, (width - LEFT - right) / LABEL_WIDTH).map((index) => (
        <text key={index} className="trend-tick" x={atPlace(index)} y={HEIGHT - 7} textAnchor="middle">
          {places[index]?.short}
        </text>
      ))}
      {lines.map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <LineMark key={index} line={line} color={colorOf(line, index)} atPlace={atPlace} y={y} />
      ))}
      {named && <Names lines={lines} atPlace={atPlace} y={y} />}
      {places.map((place, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Marks key={index} place={place} x={atPlace(index)} width={slot} />
      ))}
    </>
  );
}

const FLAG = 15;
const FLAG_TOP = 1;

/** Annotations: a bar on the axis over their days, and where one begins a line with its number. */
function Marks({ place: { marks }, x, width }: { readonly place: Point; readonly x: number; readonly width: number }) {
  if (marks === undefined) return null;
  const begun = marks.filter(({ isStart }) => isStart).map(({ number }) => number);
  const text = begun.length > 2 ? `${begun[0]}–${begun.at(-1)}` : begun.join(', ');
  const flag = FLAG + (text.length - 1) * 7;
  return (
    <g>
      <rect className="trend-mark" x={x - width / 2} y={HEIGHT - BOTTOM} width={Math.max(2, width)} height={3} />
      {begun.length > 0 && (
        <>
          <line className="trend-mark-line" x1={x} x2={x} y1={FLAG_TOP + FLAG} y2={HEIGHT - BOTTOM} />
          <rect className="trend-mark" x={x - flag / 2} y={FLAG_TOP} width={flag} height={FLAG} rx={3} />
          <text className="trend-mark-number" x={x} y={FLAG_TOP + 11.5} textAnchor="middle">
            {text}
          </text>
        </>
      )}
    </g>
  );
}

function frameOf(lines: readonly Line[], width: number): { readonly right: number; readonly named: boolean } {
  const named = lines.length > 1 && width >= WIDE;
  return { right: named ? NAMES : RIGHT, named };
}

/** The place of the axis nearest to a pixel; null where there is none. */
export function indexAt(pixel: number, width: number, lines: readonly Line[]): number | null {
  const count = lines[0]?.points.length ?? 0;
  const { right } = frameOf(lines, width);
  const slot = (width - right - LEFT) / Math.max(1, count);
  const index = Math.floor((pixel - LEFT) / slot);
  return index >= 0 && index < count ? index : null;
}

function colorOf({ kind }: Line, index: number): string {
  if (kind === 'others') return 'series series-others';
  return kind === 'before' ? 'series series-before' : `series series-${(index % 7) + 1}`;
}

/** The background of a day: hatched where it is missing, tinted where it may still change. */
interface GroundProps {
  readonly hatch: string;
  readonly place: Point;
  readonly x: number;
  readonly width: number;
}

function Ground({ hatch, place, x, width }: GroundProps) {
  if (place.note === undefined) return null;
  if (place.gap !== undefined) {
    return (
      <g>
        <line className="trend-gap" x1={x + width / 2} x2={x + width / 2} y1={TOP} y2={HEIGHT - BOTTOM} />
        <text className="trend-tick" x={x + width / 2} y={TOP - 4} textAnchor="middle">
          {place.gap}
        </text>
      </g>
    );
  }
  const box = { x, y: TOP, width: Math.max(1, width), height: HEIGHT - BOTTOM - TOP };
  return place.value ? <rect className="trend-open" {...box} /> : <rect fill={`url(#${hatch})`} {...box} />;
}

interface LineMarkProps {
  readonly line: Line;
  readonly color: string;
  readonly atPlace: (index: number) => number;
  readonly y: ScaleLinear<number, number>;
}

function LineMark({ line: { points, kind }, color, atPlace, y }: LineMarkProps) {
  const dots = points.length <= MOST_DOTS;
  const isDashed = kind === 'before';
  return (
    <g className={color}>
      {runsOf(points).map(([first, last]) => {
        const run = points.slice(first, last + 1);
        const isOpen = run.at(-1)?.note !== undefined && run.length > 1;
        const solid = isOpen ? run.slice(0, -1) : run;
        return (
          <g key={first}>
            <path className="trend-band" d={bandOf(run, first, atPlace, y)} />
            <path className={isDashed ? 'trend-line trend-dashed' : 'trend-line'} d={pathOf(solid, first, atPlace, y)} />
            {isOpen && <path className="trend-line trend-dashed" d={pathOf(run.slice(-2), last - 1, atPlace, y)} />}
            {run.map((point, offset) => {
              const index = first + offset;
              if (!dots && run.length > 1) return null;
              const isHollow = point.note !== undefined;
              const { value, lower, upper } = point.value ?? {};
              if (value == null) return null;
              return (
                <g key={index}>
                  {run.length === 1 && lower != null && upper != null && (
                    <line className="trend-whisker" x1={atPlace(index)} x2={atPlace(index)} y1={y(lower)} y2={y(upper)} />
                  )}
                  <circle
                    className={isHollow ? 'trend-dot trend-hollow' : 'trend-dot'}
                    cx={atPlace(index)}
                    cy={y(value)}
                    r={2.75}
                  />
                </g>
              );
            })}
          </g>
        );
      })}
    </g>
  );
}

function Names({ lines, atPlace, y }: Pick<LineMarkProps, 'atPlace' | 'y'> & { readonly lines: readonly Line[] }) {
  const ends = lines.map(({ points }) => {
    const [, last = points.length - 1] = runsOf(points).at(-1) ?? [];
    return { index: last, height: y(points[last]?.value?.value ?? 0) };
  });
  const heights = spread(ends.map((end) => end.height), NAME_HEIGHT, HEIGHT - BOTTOM);
  const at = atPlace((lines[0]?.points.length ?? 1) - 1) + 10;
  return lines.map((line, index) => (
    // oxlint-disable-next-line react/no-array-index-key
    <text key={index} className={`trend-name ${colorOf(line, index)}`} x={at} y={(heights[index] ?? 0) + 4}>
      {cut(line.name ?? '')}
    </text>
  ));
}

function cut(text: string): string {
  const letters = [...text];
  return letters.length <= NAME_LETTERS ? text : `${letters.slice(0, NAME_LETTERS - 1).join('')}…`;
}

function pathOf(run: readonly Point[], first: number, atPlace: (index: number) => number, y: ScaleLinear<number, number>): string | undefined {
  const shape = lineShape<Point>((_, offset) => atPlace(first + offset), (point) => y(point.value?.value ?? 0));
  return shape.digits(1)(run) ?? undefined;
}

/** From the lower to the upper bounds around the line; on the line where a bound is unknown. */
function bandOf(run: readonly Point[], first: number, atPlace: (index: number) => number, y: ScaleLinear<number, number>): string | undefined {
  const end = ({ value }: Point, side: 'lower' | 'upper') => y(value?.[side] ?? value?.value ?? 0);
  const shape = area<Point>((_, offset) => atPlace(first + offset), (point) => end(point, 'lower'), (point) => end(point, 'upper'));
  return shape.digits(1)(run) ?? undefined;
}
