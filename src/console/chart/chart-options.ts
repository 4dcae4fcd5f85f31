import type { EChartsCoreOption } from 'echarts/core';
import { type ChartData, labelText } from './chart-data.ts';
import { canvasColour, seriesColours } from './colours.ts';

/** Colours and letters of the theme that a chart is drawn in. */
export type Look = {
  readonly colours: readonly string[];
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly raised: string;
  readonly face: string;
};

export function lookOf(element: HTMLElement): Look {
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

/** So many stand beside each other in half a page without one being left out. */
const standingCharactersMax = 48;

/** Lying bars, when names are many or long: they stay readable. */
export function barOption(data: ChartData, look: Look, zone: string): EChartsCoreOption {
  const labels = labelsOf(data, zone);
  const isLying = labels.length > 12 || labels.join(' ').length > standingCharactersMax;
  const names = {
    type: 'category',
    data: labels,
    inverse: isLying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.text, width: 140, overflow: 'truncate' },
  };
  const values = {
    type: 'value',
    splitLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.quiet, hideOverlap: true },
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
export function pieOption(data: ChartData, look: Look, zone: string): EChartsCoreOption {
  const values = data.series[0]?.values ?? [];
  return {
    ...common(look, false),
    series: [
      {
        type: 'pie',
        radius: ['35%', '75%'],
        data: labelsOf(data, zone).map((name, index) => ({ name, value: values[index] ?? 0 })),
        label: { color: look.text, width: 140, overflow: 'truncate', formatter: '{b}  {d} %' },
        itemStyle: { borderColor: look.raised, borderWidth: 1 },
      },
    ],
  };
}

function labelsOf(data: ChartData, zone: string): string[] {
  return data.labels.map((_, index) => labelText(data, index, zone));
}
