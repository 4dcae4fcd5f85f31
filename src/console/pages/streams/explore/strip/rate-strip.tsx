import { type KeyboardEvent, type PointerEvent, type ReactNode, useMemo, useState } from 'react';
import type { TailView } from '../../../../tail/tail-buffer.ts';
import { historySeconds } from '../../../../tail/tail-buffer.ts';
import { count, rate } from '../../../../text.ts';
import { clockText } from '../../../../time/time-text.ts';
import { useZone } from '../../../../time/zone.ts';
import { barsPath, countIn, peakOf, placeOf, secondAt } from './strip-scale.ts';
import { type Stretch, stretchOf, stripOf } from './strip-scale.ts';
import './rate-strip.css';

const heightPx = 24;

type Chosen = {
  /** Where choosing began, and where it is now. */
  readonly anchorMs: number;
  readonly headMs: number;
  /** It stands still meanwhile. */
  readonly strip: Stretch;
};

/**
 * How many records came in each of the last seconds. A stretch of them is chosen by dragging, or by
 * the arrows, with Shift, and Enter: then the page looks there.
 */
export function RateStrip({
  view: { history, atMs },
  onChoose,
}: {
  readonly view: Pick<TailView, 'history' | 'atMs'>;
  readonly onChoose: (stretch: Stretch) => void;
}): ReactNode {
  const zone = useZone();
  const [chosen, setChosen] = useState<Chosen>();
  const strip = chosen?.strip ?? stripOf(atMs);
  const { fromMs, toMs } = strip;
  const path = useMemo(
    () => barsPath(history, { fromMs, toMs }, heightPx),
    [history, fromMs, toMs],
  );
  const stretch = chosen && stretchOf(chosen.anchorMs, chosen.headMs);
  const choose = (done: Chosen | undefined): void => {
    setChosen(undefined);
    if (done !== undefined) onChoose(stretchOf(done.anchorMs, done.headMs));
  };
  const said = stretch && stretchText(stretch, countIn(history, stretch), zone);
  return (
    <div className="rate-strip">
      <div
        className="rate-strip-box"
        role="slider"
        tabIndex={0}
        aria-label="Records a second over the last 2 minutes; choose where to look"
        aria-valuemin={0}
        aria-valuemax={historySeconds - 1}
        aria-valuenow={Math.round(((chosen?.headMs ?? toMs) - fromMs) / 1000)}
        aria-valuetext={said ?? 'now'}
        {...pointing({ chosen, strip, setChosen, choose })}
        onKeyDown={(event) => onStripKey(event, { chosen, strip, setChosen, choose })}
        onBlur={() => setChosen(undefined)}
      >
        <svg
          viewBox={`0 0 ${historySeconds} ${heightPx}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={path} />
        </svg>
        {stretch !== undefined && <Brush strip={strip} stretch={stretch} />}
      </div>
      <p className="quiet number">
        {said ?? `last 2 min, at most ${rate(peakOf(history))} · drag to look there`}
      </p>
    </div>
  );
}

function Brush({
  strip,
  stretch,
}: {
  readonly strip: Stretch;
  readonly stretch: Stretch;
}): ReactNode {
  const { at, width } = placeOf(strip, stretch);
  return (
    <span className="rate-strip-brush" style={{ left: `${at * 100}%`, width: `${width * 100}%` }} />
  );
}

/** `14:03:05 – 14:03:09, 1,204 records` */
function stretchText({ fromMs, toMs }: Stretch, records: number, zone: string): string {
  const clock = (ms: number): string => clockText(new Date(ms).toISOString(), zone).slice(0, 8);
  const times = fromMs === toMs ? clock(fromMs) : `${clock(fromMs)} – ${clock(toMs)}`;
  return `${times}, ${count(Math.round(records))} records`;
}

type Choosing = {
  readonly chosen: Chosen | undefined;
  readonly strip: Stretch;
  readonly setChosen: (chosen: Chosen | undefined) => void;
  readonly choose: (chosen: Chosen | undefined) => void;
};

type PointerHandlers = Readonly<
  Record<
    'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel',
    (event: PointerEvent<HTMLElement>) => void
  >
>;

function pointing({ chosen, strip, setChosen, choose }: Choosing): PointerHandlers {
  const secondOf = ({ currentTarget, clientX }: PointerEvent<HTMLElement>): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return secondAt(strip, (clientX - left) / width);
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const second = secondOf(event);
      setChosen({ anchorMs: second, headMs: second, strip });
    },
    onPointerMove: (event) => {
      if (chosen !== undefined && event.buttons === 1) {
        setChosen({ ...chosen, headMs: secondOf(event) });
      }
    },
    onPointerUp: () => choose(chosen),
    onPointerCancel: () => setChosen(undefined),
  };
}

function onStripKey(event: KeyboardEvent, { chosen, strip, setChosen, choose }: Choosing): void {
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10 };
  const step = event.key === 'PageDown' ? -10 : steps[event.key];
  if (step !== undefined) {
    const before = chosen ?? { anchorMs: strip.toMs, headMs: strip.toMs, strip };
    const next = before.headMs + step * 1000;
    const headMs = Math.max(strip.fromMs, Math.min(next, strip.toMs));
    setChosen({ ...before, headMs, anchorMs: event.shiftKey ? before.anchorMs : headMs });
  } else if (event.key === 'Enter') choose(chosen);
  else if (event.key === 'Escape') setChosen(undefined);
  else return;
  event.preventDefault();
}
