// The charts of Explore, as a default export: they are loaded lazily, so that the first rows need not wait for them.

import { GroupsPanel, type GroupsPanelProps } from './GroupsPanel';
import { TrendPanel, type TrendPanelProps } from './TrendPanel';

export interface ChartsProps {
  readonly trend: TrendPanelProps;
  readonly groups: GroupsPanelProps;
}

export default function Charts({ trend, groups }: ChartsProps) {
  return (
    <>
      <TrendPanel {...trend} />
      <GroupsPanel {...groups} />
    </>
  );
}
