// The parts of ECharts in use, and no more: it is the largest chunk of the dashboard. Lines
// and bars are drawn by the custom series that their bands and whiskers need anyway. AriaComponent is left out on
// purpose, because it would overwrite the role of the chart's container, which is our keyboard slider.

import { CustomChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

register([CustomChart, GridComponent, TooltipComponent, CanvasRenderer]);

export { init };
