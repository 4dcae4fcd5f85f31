import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartKind } from './chart-choice.ts';
import type { ChartData } from './chart-data.ts';
import { barOption, type Look, pieOption } from './chart-options.ts';
import { axisClock, timeLabels } from './time-labels.ts';
import { markSteps, timeMarks } from './time-marks.ts';

use([BarChart, LineChart, PieChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

export type PictureOrder = {
  readonly data: ChartData;
  readonly kind: ChartKind;
  readonly look: Look;
  /** What lies behind: a see-through picture is unreadable elsewhere. */
  readonly surface: string;
  readonly zone: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What of the axis is seen; undefined: all. */
  readonly seen: SeenRange | undefined;
};

export type SeenRange = { readonly from: number; readonly to: number };

/** The chart as a file of its own: SVG, as text. */
export function svgPicture(given: PictureOrder): string {
  // ECharts writes the font into an attribute as it is.
  const look = { ...given.look, face: given.look.face.replaceAll('"', "'") };
  const order = { ...given, look };
  const { data, kind, zone, width, height, surface } = order;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const isNamed = kind === 'bar' || kind === 'pie' || data.axis === 'name';
    const named = kind === 'pie' ? pieOption(data, look, zone) : barOption(data, look, zone);
    chart.setOption({ ...(isNamed ? named : linesOption(order)), backgroundColor: surface });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The same in pixels, twice as many as it is wide. */
export async function pngPicture(order: PictureOrder): Promise<Blob> {
  const { width, height } = order;
  const url = URL.createObjectURL(new Blob([svgPicture(order)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob === null) reject(new Error('The browser made no picture of the chart.'));
        else resolve(blob);
      });
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

function linesOption({ data, kind, look, zone, width, seen }: PictureOrder): EChartsCoreOption {
  const from = seen?.from ?? data.x[0] ?? 0;
  const to = seen?.to ?? data.x.at(-1) ?? 1;
  const places = [...data.x.keys()].filter((at) => within(data.x[at], from, to));
  const hasLegend = data.series.length > 1;
  return {
    animation: false,
    color: [...look.colours],
    textStyle: { fontFamily: look.face, fontSize: 11, color: look.quiet },
    ...(hasLegend ? { legend: { bottom: 0, textStyle: { color: look.text, fontSize: 11 } } } : {}),
    grid: { left: 64, right: 24, top: 16, bottom: hasLegend ? 84 : 56 },
    xAxis: {
      type: 'value',
      min: from,
      max: to,
      splitLine: { show: false },
      axisLine: { lineStyle: { color: look.line }, onZero: false },
      ...(data.axis === 'time' ? timeAxis(data, { from, to, zone, width }) : {}),
    },
    yAxis: {
      type: 'value',
      scale: kind !== 'area',
      splitLine: { lineStyle: { color: look.line } },
    },
    series: data.series.map(({ name, values }) => ({
      name,
      type: kind === 'scatter' ? 'scatter' : 'line',
      symbolSize: 5,
      showSymbol: kind === 'scatter',
      connectNulls: true,
      lineStyle: { width: 1.5 },
      ...(kind === 'area' ? { areaStyle: { opacity: 0.18 } } : {}),
      data: places.map((at) => [data.x[at], values[at]]),
    })),
  };
}

function within(value: number | undefined, from: number, to: number): boolean {
  return value !== undefined && value >= from && value <= to;
}

/** The marks that the page has. */
function timeAxis(
  { labels }: ChartData,
  { from, to, zone, width }: SeenRange & { readonly zone: string; readonly width: number },
): EChartsCoreOption {
  const clock = axisClock(labels, zone);
  const least = ((to - from) * markPx) / width;
  const step = markSteps.find((one) => one >= least) ?? markSteps.at(-1) ?? 1;
  const marks = timeMarks({ from, to, step }, clock.zone);
  const texts = timeLabels(marks, step, clock);
  return {
    axisTick: { customValues: marks },
    axisLabel: {
      customValues: marks,
      lineHeight: 15,
      formatter: (value: number) => texts[marks.indexOf(value)] ?? '',
    },
  };
}

/** Pixels between two marks, at least. */
const markPx = 100;
