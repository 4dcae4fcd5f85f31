import { BarChart as Bars, PieChart as Pies } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type ReactNode, useEffect, useRef } from 'react';
import { useZone } from '../time/zone.ts';
import type { ChartData } from './chart-data.ts';
import { barOption, lookOf, pieOption } from './chart-options.ts';
import { useThemeChange } from './colours.ts';

use([Bars, Pies, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** Bars or a pie over names; newer data moves nothing but the bars. */
export function BarChart({
  data,
  kind,
}: {
  readonly data: ChartData;
  readonly kind: 'bar' | 'pie';
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(undefined);
  const theme = useThemeChange();
  const zone = useZone();
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const made = init(element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    if (box.current === null) return;
    const look = lookOf(box.current);
    const option = kind === 'bar' ? barOption(data, look, zone) : pieOption(data, look, zone);
    chart.current?.setOption(option, true);
  }, [data, kind, theme, zone]);
  return <div className="chart-plot" ref={box} />;
}
