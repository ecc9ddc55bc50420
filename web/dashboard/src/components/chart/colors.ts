// The colours of the theme, for a canvas, which cannot read custom properties by itself.

import { useSyncExternalStore } from 'react';

export interface ChartColors {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly band: string;
  readonly whisker: string;
  readonly caution: string;
}

const NAMES = ['text', 'muted', 'line', 'surface', 'accent', 'band', 'whisker', 'caution'] as const;

let cached: ChartColors | null = null;

function readColors(): ChartColors {
  if (cached) return cached;
  const probe = document.createElement('span');
  document.body.append(probe);
  const colors = Object.fromEntries(
    NAMES.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  cached = colors as unknown as ChartColors;
  return cached;
}

function listen(listener: () => void): () => void {
  const changed = () => {
    cached = null;
    listener();
  };
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  document.addEventListener('clio-theme', changed);
  return () => {
    system.removeEventListener('change', changed);
    document.removeEventListener('clio-theme', changed);
  };
}

export function useChartColors(): ChartColors {
  return useSyncExternalStore(listen, readColors);
}
