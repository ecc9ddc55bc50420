// The canvas of a chart; the default export, so that ECharts is loaded only when one is shown.

import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useEffect, useRef } from 'react';
import { init } from './echarts';
import './ChartFrame.css';

interface CanvasProps {
  readonly option: EChartsCoreOption;
  /** The point under the keyboard's slider, or null. */
  readonly active: number | null;
}

export default function Canvas({ option, active }: CanvasProps) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);

  useEffect(() => {
    const element = container.current;
    if (!element) return;
    const made = init(element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);

  useEffect(() => {
    if (active === null) chart.current?.dispatchAction({ type: 'hideTip' });
    else chart.current?.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: active });
  }, [active, option]);

  return <div ref={container} className="chart-canvas" aria-hidden="true" />;
}
