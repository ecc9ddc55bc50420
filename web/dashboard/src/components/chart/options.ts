// The two pictures of the dashboard as ECharts options: a line with its band, and bars with whiskers.

import type { CustomSeriesRenderItem } from 'echarts';
import type { EChartsCoreOption } from 'echarts/core';
import { formatAxis, formatSpoken, type NumberStyle } from '../../format';
import type { ChartColors } from './colors';
import type { Point } from './points';

const FONT = 'system-ui, sans-serif';

export function trendOption(points: readonly Point[], style: NumberStyle, colors: ChartColors): EChartsCoreOption {
  return {
    ...base(points, style, colors),
    grid: { left: 8, right: 16, top: 22, bottom: 4, containLabel: true },
    xAxis: {
      type: 'category',
      data: points.map((point) => point.short),
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
      axisLabel: { color: colors.muted, fontFamily: FONT, hideOverlap: true },
    },
    yAxis: { ...valueAxis(style, colors), ...(isCut(points) && cutAxis(colors)) },
    series: [
      {
        type: 'custom',
        renderItem: lineWithBand(points, colors),
        data: points.map(({ value }, index) => [index, value?.value ?? null, value?.lower ?? null, value?.upper ?? null]),
        encode: { x: 0, y: [1, 2, 3] },
      },
    ],
  };
}

/**
 * Whether the axis leaves out what lies below the line: where all of it is in the upper half its band could not be seen
 * otherwise.
 */
function isCut(points: readonly Point[]): boolean {
  const ends = points.flatMap(({ value }) => [value?.lower ?? value?.value, value?.upper ?? value?.value]);
  const known = ends.filter((end) => end != null);
  return known.length > 0 && Math.min(...known) > Math.max(...known) / 2;
}

/** An axis that does not begin at zero says so. */
function cutAxis(colors: ChartColors) {
  const nameTextStyle = { color: colors.muted, fontFamily: FONT, fontSize: 11, align: 'left' };
  return { scale: true, name: 'does not begin at 0', nameLocation: 'end', nameGap: 6, nameTextStyle };
}

export function barsOption(points: readonly Point[], style: NumberStyle, colors: ChartColors): EChartsCoreOption {
  return {
    ...base(points, style, colors),
    grid: { left: 8, right: 24, top: 4, bottom: 4, containLabel: true },
    xAxis: valueAxis(style, colors),
    yAxis: {
      type: 'category',
      inverse: true,
      data: points.map((point) => point.short),
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
      axisLabel: { color: colors.text, fontFamily: FONT, interval: 0, width: 150, overflow: 'truncate' },
    },
    series: [
      {
        type: 'custom',
        renderItem: barWithWhisker(colors),
        data: points.map(({ value }, index) => [value?.value ?? null, value?.lower ?? null, value?.upper ?? null, index]),
        encode: { x: [0, 1, 2], y: 3 },
      },
    ],
  };
}

function base(points: readonly Point[], style: NumberStyle, colors: ChartColors): EChartsCoreOption {
  return {
    animation: false,
    tooltip: {
      trigger: 'axis',
      // The HTML tooltip carries style attributes, which the content security policy forbids.
      renderMode: 'richText',
      confine: true,
      backgroundColor: colors.surface,
      borderColor: colors.line,
      textStyle: { color: colors.text, fontFamily: FONT, fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: colors.muted, type: 'dashed' }, label: { show: false } },
      formatter: (params: unknown) => {
        const [first] = params as { dataIndex: number }[];
        const point = first && points[first.dataIndex];
        return point ? describePoint(point, style, '\n') : '';
      },
    },
  };
}

/** "12 Jan 2026: 12,345, between 12,201 and 12,490 (provisional)". */
export function describePoint(point: Point, style: NumberStyle, separator = ': '): string {
  const value = point.value ? formatSpoken(point.value, style) : 'no rows';
  return `${point.label}${separator}${value}${point.note === undefined ? '' : ` (${point.note})`}`;
}

function valueAxis(style: NumberStyle, colors: ChartColors) {
  return {
    type: 'value',
    splitNumber: 4,
    axisLabel: {
      color: colors.muted,
      fontFamily: FONT,
      hideOverlap: true,
      formatter: (value: number) => formatAxis(value, style),
    },
    splitLine: { lineStyle: { color: colors.line } },
  };
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** More points than this are a line without dots. */
const MOST_DOTS = 62;

/** The piece of the line and of its band between a day and the one before, so that a missing day is a gap. */
function lineWithBand(points: readonly Point[], colors: ChartColors): CustomSeriesRenderItem {
  return (params, api) => {
    const index = params.dataIndex;
    const area = params.coordSys as unknown as Area;
    const at = (position: number, value: number) => api.coord([position, value]) as [number, number];
    const here = points[index];
    const before = points[index - 1]?.value;
    const children = [];
    if (here?.note !== undefined) {
      // A shaded column behind a day: grey where there is nothing, in colour where what is there may change.
      const step = area.width / points.length;
      const shape = { x: at(index, 0)[0] - step / 2, y: area.y, width: step, height: area.height };
      children.push({ type: 'rect' as const, z2: 0, shape, style: { fill: here.value ? colors.caution : colors.muted, opacity: 0.16 } });
    }
    const value = here?.value;
    if (value?.value == null) return { type: 'group' as const, children };
    if (before?.value != null) {
      if (before.lower !== null && before.upper !== null && value.lower !== null && value.upper !== null) {
        const corners = [
          at(index - 1, before.lower),
          at(index - 1, before.upper),
          at(index, value.upper),
          at(index, value.lower),
        ];
        children.push({ type: 'polygon' as const, z2: 1, shape: { points: corners }, style: { fill: colors.band } });
      }
      const ends = [at(index - 1, before.value), at(index, value.value)];
      const style = { stroke: colors.accent, lineWidth: 2, fill: 'none', lineCap: 'round' as const };
      children.push({ type: 'polyline' as const, z2: 2, shape: { points: ends }, style });
    }
    const alone = before?.value == null && points[index + 1]?.value?.value == null;
    if (alone || points.length <= MOST_DOTS) {
      const [cx, cy] = at(index, value.value);
      children.push({ type: 'circle' as const, z2: 3, shape: { cx, cy, r: 2.5 }, style: { fill: colors.accent } });
      if (alone && value.lower !== null && value.upper !== null) {
        const [, top] = at(index, value.upper);
        const [, bottom] = at(index, value.lower);
        const shape = { x1: cx, y1: top, x2: cx, y2: bottom };
        children.push({ type: 'line' as const, z2: 1, shape, style: { stroke: colors.whisker, lineWidth: 1.5 } });
      }
    }
    return { type: 'group' as const, children };
  };
}

const MOST_BAR_HEIGHT = 18;
const WHISKER_TIP = 4;

function barWithWhisker(colors: ChartColors): CustomSeriesRenderItem {
  return (params, api) => {
    const [value, lower, upper, index] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
    if (value === undefined || Number.isNaN(value) || index === undefined) return null;
    const area = params.coordSys as unknown as Area;
    const [, slot] = (api.size?.([0, 1]) ?? [0, MOST_BAR_HEIGHT]) as number[];
    const height = Math.min(MOST_BAR_HEIGHT, (slot ?? MOST_BAR_HEIGHT) * 0.68);
    const [zero = area.x] = api.coord([0, index]);
    const [end = zero, y = 0] = api.coord([value, index]);
    const bar = {
      type: 'rect' as const,
      shape: { x: Math.min(zero, end), y: y - height / 2, width: Math.abs(end - zero), height, r: 2 },
      style: { fill: colors.accent },
    };
    if (lower === undefined || upper === undefined || !(lower < upper)) return { type: 'group' as const, children: [bar] };
    const [x1 = 0] = api.coord([lower, index]);
    const [x2 = 0] = api.coord([upper, index]);
    const line = (a: number, b: number, c: number, d: number) => ({
      type: 'line' as const,
      shape: { x1: a, y1: b, x2: c, y2: d },
      style: { stroke: colors.whisker, lineWidth: 1.5 },
    });
    const tip = (x: number) => line(x, y - WHISKER_TIP, x, y + WHISKER_TIP);
    return { type: 'group' as const, children: [bar, line(x1, y, x2, y), tip(x1), tip(x2)] };
  };
}
