import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { brushPlugin, type OnBrush } from './brush.ts';
import type { ChartKind } from './chart-choice.ts';
import type { ChartData } from './chart-data.ts';
import { canvasColour, seriesColours, useThemeChange } from './colours.ts';
import { useZone } from '../time/zone.ts';
import { type AxisClock, axisClock, timeLabels } from './time-labels.ts';
import { markSteps, timeMarks } from './time-marks.ts';
import type { SeenRange } from './picture.ts';
import { tooltipPlugin } from './tooltip.ts';

/**
 * Lines, areas and points over time or a number. A drag zooms, a double click shows all again;
 * newer data is drawn in place, and leaves a zoom as it is.
 */
export function LineChart({
  data,
  kind,
  seen,
  onBrush,
}: {
  readonly data: ChartData;
  readonly kind: ChartKind;
  /** Is told what of the axis is seen; undefined: all. */
  readonly seen?: RefObject<SeenRange | undefined> | undefined;
  /** A drag is told in place of the zoom. */
  readonly onBrush?: OnBrush | undefined;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef(data);
  const brush = useRef(onBrush);
  const hasBrush = onBrush !== undefined;
  const theme = useThemeChange();
  const clock = JSON.stringify(axisClock(data.labels, useZone()));
  const names = JSON.stringify(data.series.map(({ name }) => name));
  useEffect(() => {
    newest.current = data;
    brush.current = onBrush;
  });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const options = optionsOf(element, newest.current, {
      kind,
      clock: JSON.parse(clock) as AxisClock,
    });
    if (hasBrush) options.plugins?.push(brushPlugin((...ends) => brush.current?.(...ends)));
    const made = new uPlot(
      {
        ...options,
        hooks: {
          setScale: [
            (zoomed) => {
              if (seen !== undefined) seen.current = zoomOf(zoomed);
            },
          ],
        },
      },
      aligned(newest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element, made)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [kind, names, data.axis, theme, clock, seen, hasBrush]);
  useEffect(() => {
    const made = plot.current;
    if (made !== undefined) made.setData(aligned(data), zoomOf(made) === undefined);
  }, [data]);
  return <div className="chart-plot" ref={box} />;
}

function optionsOf(
  element: HTMLElement,
  data: ChartData,
  { kind, clock }: { readonly kind: ChartKind; readonly clock: AxisClock },
): uPlot.Options {
  const colours = seriesColours(element);
  const text = canvasColour(element, '--text-quiet');
  const line = canvasColour(element, '--line');
  const face = getComputedStyle(element).fontFamily;
  const isTime = data.axis === 'time';
  const axis: uPlot.Axis = {
    stroke: text,
    font: `11px ${face}`,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  return {
    ...sizeOf(element),
    scales: { x: { time: isTime } },
    axes: [isTime ? { ...axis, ...timeAxis(clock) } : axis, { ...axis, size: axisSize }],
    legend: { show: data.series.length > 1, live: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    plugins: [tooltipPlugin(clock)],
    series: [
      {},
      ...data.series.map(({ name }, index) => {
        const colour = colours[index % colours.length] ?? text;
        return seriesOptions(name, colour, kind);
      }),
    ],
  };
}

function seriesOptions(label: string, stroke: string, kind: ChartKind): uPlot.Series {
  const isScatter = kind === 'scatter';
  return {
    label,
    stroke,
    width: isScatter ? 0 : 1.5,
    spanGaps: true,
    ...(kind === 'area' ? { fill: withAlpha(stroke, 0.18) } : {}),
    ...(isScatter ? { paths: () => null, points: { show: true, size: 5, fill: stroke } } : {}),
  };
}

/** As uPlot gives them: the plot, the axis, its ends, the step; and the plot, the marks … */
type SplitArguments = [uPlot, number, number, number, number];
type ValueArguments = [uPlot, readonly number[], number, number, number];

/** Marks at round times of the clock, which uPlot knows only of the browser's own. */
function timeAxis(clock: AxisClock): Partial<uPlot.Axis> {
  return {
    incrs: [...markSteps],
    space: 80,
    size: 62,
    splits: (...[, , from, to, step]: SplitArguments) => timeMarks({ from, to, step }, clock.zone),
    values: (...[, marks, , , step]: ValueArguments) => timeLabels(marks, step, clock),
  };
}

/** Wide enough for the numbers that are on it. */
function axisSize(_plot: uPlot, values: readonly string[] | null): number {
  const longest = Math.max(3, ...(values ?? []).map((value) => value?.length ?? 0));
  return 18 + longest * 6.5;
}

function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

function sizeOf(element: HTMLElement, plot?: uPlot): { width: number; height: number } {
  const legend = plot?.root.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 0;
  return {
    width: Math.max(120, element.clientWidth),
    height: Math.max(80, element.clientHeight - legend),
  };
}

function aligned({ x, series }: ChartData): uPlot.AlignedData {
  return [[...x], ...series.map(({ values }) => [...values])];
}

function zoomOf({ data: [x], scales }: uPlot): SeenRange | undefined {
  const { min, max } = scales['x'] ?? {};
  const [first, last] = [x.at(0), x.at(-1)];
  if (typeof min !== 'number' || typeof max !== 'number') return undefined;
  if (first === undefined || last === undefined) return undefined;
  return min > first || max < last ? { from: min, to: max } : undefined;
}
