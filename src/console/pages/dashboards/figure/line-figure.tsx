import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import { marksOf, markText, valueText } from './scale.ts';
import type { Series } from './series.ts';
import { useSize } from './use-size.ts';

const margin = { top: 6, right: 8, bottom: 18, left: 44 };

/** Lines along x; pointer or arrow keys read the values of a place. */
export function LineFigure({
  series,
  label,
}: {
  readonly series: Series;
  readonly label: string;
}): ReactNode {
  const { element, width, height } = useSize<HTMLDivElement>();
  const [read, setRead] = useState<number>();
  const frame = frameOf(series, width, height);
  const last = series.xs.length - 1;
  const at = read === undefined ? undefined : Math.min(read, last);
  const onMove = (event: PointerEvent<HTMLElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setRead(nearest(series.xs.map(frame.left), left));
  };
  const onKey = ({ key }: KeyboardEvent): void => {
    if (key === 'ArrowLeft') setRead(Math.max(0, (at ?? last + 1) - 1));
    if (key === 'ArrowRight') setRead(Math.min(last, (at ?? -1) + 1));
    if (key === 'Escape') setRead(undefined);
  };
  return (
    <figure className="figure">
      <Legend series={series} at={at} />
      <div
        ref={element}
        className="figure-space"
        role="img"
        tabIndex={0}
        aria-label={`${label}: ${summary(series)}`}
        onPointerMove={onMove}
        onPointerLeave={() => setRead(undefined)}
        onBlur={() => setRead(undefined)}
        onKeyDown={onKey}
      >
        <svg width={width} height={height} aria-hidden="true">
          <Axes series={series} frame={frame} width={width} height={height} />
          {series.lines.map(({ name, values }, index) => (
            <path
              key={name}
              className={`figure-line line-${index}`}
              d={pathOf(values, frame, series.xs)}
            />
          ))}
          {at !== undefined && at >= 0 && (
            <path
              className="figure-read"
              d={`M${frame.left(series.xs[at] ?? 0)} ${margin.top}V${height - margin.bottom}`}
            />
          )}
        </svg>
      </div>
    </figure>
  );
}

type Frame = {
  readonly left: (x: number) => number;
  readonly top: (value: number) => number;
  readonly marks: readonly number[];
};

/** One line of text that is there whether something is read or not. */
function Legend({
  series,
  at,
}: {
  readonly series: Series;
  readonly at: number | undefined;
}): ReactNode {
  const { lines, labels, hiddenCount } = series;
  return (
    <figcaption className="figure-legend" aria-live="polite">
      {lines.map(({ name, values }, index) => (
        <span key={name}>
          <i className={`figure-key line-${index}`} aria-hidden="true" />
          {name}
          {at !== undefined && <b> {values[at] === undefined ? '–' : valueText(values[at])}</b>}
        </span>
      ))}
      {hiddenCount > 0 && <span className="quiet">and {hiddenCount} not drawn</span>}
      {at !== undefined && <span className="quiet">{labels[at]}</span>}
    </figcaption>
  );
}

function Axes({
  series,
  frame,
  width,
  height,
}: {
  readonly series: Series;
  readonly frame: Frame;
  readonly width: number;
  readonly height: number;
}): ReactNode {
  const { labels } = series;
  const first = labels[0] ?? '';
  const last = labels.at(-1) ?? '';
  return (
    <g className="figure-axes">
      {frame.marks.map((mark) => (
        <g key={mark}>
          <path d={`M${margin.left} ${frame.top(mark)}H${width - margin.right}`} />
          <text x={margin.left - 6} y={frame.top(mark) + 4} textAnchor="end">
            {markText(mark)}
          </text>
        </g>
      ))}
      <text x={margin.left} y={height - 4}>
        {shortened(first)}
      </text>
      {labels.length > 1 && (
        <text x={width - margin.right} y={height - 4} textAnchor="end">
          {shortened(last)}
        </text>
      )}
    </g>
  );
}

function frameOf({ xs, lines }: Series, width: number, height: number): Frame {
  const values = lines.flatMap((line) => line.values).filter((value) => value !== undefined);
  const marks = marksOf(values, height < 160 ? 2 : 4);
  const low = marks[0] ?? 0;
  const high = marks.at(-1) ?? 1;
  const from = xs[0] ?? 0;
  const to = xs.at(-1) ?? 1;
  const across = width - margin.left - margin.right;
  const down = height - margin.top - margin.bottom;
  return {
    marks,
    left: (x) => margin.left + (to === from ? 0.5 : (x - from) / (to - from)) * across,
    top: (value) => margin.top + (1 - (value - low) / (high - low)) * down,
  };
}

/** A gap where there is no value; a point with gaps around it is a dot. */
function pathOf(
  values: readonly (number | undefined)[],
  { left, top }: Frame,
  xs: readonly number[],
): string {
  let path = '';
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value === undefined) {
      isDrawing = false;
      continue;
    }
    const point = `${left(xs[index] ?? 0).toFixed(1)} ${top(value).toFixed(1)}`;
    path += isDrawing ? `L${point}` : `M${point}h0.01`;
    isDrawing = true;
  }
  return path;
}

function nearest(lefts: readonly number[], left: number): number {
  let best = 0;
  for (const [index, one] of lefts.entries()) {
    if (Math.abs(one - left) < Math.abs((lefts[best] ?? 0) - left)) best = index;
  }
  return best;
}

function summary({ lines, labels, xName }: Series): string {
  const names = lines.map(({ name, values }) => `${name}, last ${values.at(-1) ?? 'nothing'}`);
  return `${names.join('; ')}. ${labels.length} points along ${xName}.`;
}

function shortened(text: string): string {
  return text.length > 20 ? `${text.slice(0, 19)}…` : text;
}
