// The charts of Explore; the default export, so that they are loaded beside the first rows and not before them.

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
