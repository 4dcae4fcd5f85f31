import { BarChart as Bars, PieChart as Pies } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type ReactNode, useEffect, useRef } from 'react';
import type { ChartData } from './chart-data.ts';
import { canvasColour, seriesColours, useThemeChange } from './colours.ts';

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
    const option = kind === 'bar' ? barOption(data, look) : pieOption(data, look);
    chart.current?.setOption(option, true);
  }, [data, kind, theme]);
  return <div className="chart-plot" ref={box} />;
}

type Look = {
  readonly colours: readonly string[];
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly raised: string;
  readonly face: string;
};

function lookOf(element: HTMLElement): Look {
  return {
    colours: seriesColours(element),
    text: canvasColour(element, '--text'),
    quiet: canvasColour(element, '--text-quiet'),
    line: canvasColour(element, '--line'),
    raised: canvasColour(element, '--raised'),
    face: getComputedStyle(element).fontFamily,
  };
}

function common(look: Look, hasLegend: boolean): EChartsCoreOption {
  return {
    animation: false,
    color: [...look.colours],
    textStyle: { fontFamily: look.face, fontSize: 11, color: look.quiet },
    // Drawn, not made of elements: their styles would be refused by the page's policy.
    tooltip: {
      renderMode: 'richText',
      backgroundColor: look.raised,
      borderColor: look.line,
      textStyle: { color: look.text, fontSize: 12 },
    },
    ...(hasLegend
      ? { legend: { type: 'plain', bottom: 0, textStyle: { color: look.text, fontSize: 11 } } }
      : {}),
  };
}

/** Lying bars, when names are many or long: they stay readable. */
function barOption(data: ChartData, look: Look): EChartsCoreOption {
  const isLying = data.labels.length > 12 || data.labels.some((label) => label.length > 12);
  const names = {
    type: 'category',
    data: data.labels,
    inverse: isLying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.text, width: 140, overflow: 'truncate' },
  };
  const values = {
    type: 'value',
    splitLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.quiet },
  };
  const hasLegend = data.series.length > 1;
  return {
    ...common(look, hasLegend),
    grid: {
      left: 8,
      right: 24,
      top: 12,
      bottom: hasLegend ? 32 : 8,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: isLying ? values : names,
    yAxis: isLying ? names : values,
    series: data.series.map((series) => ({
      name: series.name,
      type: 'bar',
      data: series.values,
      barMaxWidth: 32,
    })),
  };
}

/** A pie has one number: the first. */
function pieOption(data: ChartData, look: Look): EChartsCoreOption {
  const values = data.series[0]?.values ?? [];
  return {
    ...common(look, false),
    series: [
      {
        type: 'pie',
        radius: ['35%', '75%'],
        data: data.labels.map((name, index) => ({ name, value: values[index] ?? 0 })),
        label: { color: look.text, width: 140, overflow: 'truncate', formatter: '{b}  {d} %' },
        itemStyle: { borderColor: look.raised, borderWidth: 1 },
      },
    ],
  };
}
