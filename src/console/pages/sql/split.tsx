import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { sharedTexts } from '../../kept-texts.ts';

/** Two panes, one above the other, and the line between them that is dragged or moved by arrows. */
export function Split({
  label,
  storageKey,
  above,
  below,
}: {
  readonly label: string;
  /** Under which the place of the line is kept. */
  readonly storageKey: string;
  readonly above: ReactNode;
  readonly below: ReactNode;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [percent, setPercent] = useState(() => keptPercent(storageKey));
  const move = (next: number): void => {
    const bounded = Math.max(percentMin, Math.min(percentMax, next));
    setPercent(bounded);
    keepPercent(storageKey, bounded);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const bounds = box.current?.getBoundingClientRect();
    if (event.buttons !== 1 || bounds === undefined) return;
    move(((event.clientY - bounds.top) / bounds.height) * 100);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = keyTargets[event.key]?.(percent);
    if (next === undefined) return;
    event.preventDefault();
    move(next);
  };
  return (
    <div className="sql-split" ref={box}>
      <div className="sql-split-above" style={{ height: `${percent}%` }}>
        {above}
      </div>
      <div
        className="sql-split-line"
        role="separator"
        aria-orientation="horizontal"
        aria-label={label}
        aria-valuenow={Math.round(percent)}
        aria-valuemin={percentMin}
        aria-valuemax={percentMax}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      />
      <div className="sql-split-below">{below}</div>
    </div>
  );
}

const percentMin = 12;
const percentMax = 85;
const percentFirst = 38;
const stepPercent = 4;

const keyTargets: Readonly<Record<string, (percent: number) => number>> = {
  ArrowUp: (percent) => percent - stepPercent,
  ArrowDown: (percent) => percent + stepPercent,
  Home: () => percentMin,
  End: () => percentMax,
};

function keptPercent(key: string): number {
  const kept = Number(sharedTexts.getItem(key) ?? percentFirst);
  return kept >= percentMin && kept <= percentMax ? kept : percentFirst;
}

function keepPercent(key: string, percent: number): void {
  try {
    sharedTexts.setItem(key, String(percent));
  } catch {
    // A full storage is told of where it loses something.
  }
}
