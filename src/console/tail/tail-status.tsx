import type { ReactNode } from 'react';
import { Icon } from '../parts/icon.tsx';
import { bytes, count, rate } from '../text.ts';
import type { TailRate, TailView } from './tail-buffer.ts';

/** How a live tail goes: whether it stands still, how fast it comes, and what is left out. */
export function TailStatus({
  view,
  onToggle,
}: {
  readonly view: TailView;
  readonly onToggle: () => void;
}): ReactNode {
  const { isHeld, newCount, rate: of } = view;
  return (
    <>
      <button type="button" className="button" onClick={onToggle} title="Space does the same">
        <Icon name={isHeld ? 'play' : 'pause'} />
        {isHeld ? 'Resume' : 'Pause'}
      </button>
      <span className={isHeld ? 'state' : 'state waiting'} role="status">
        <span className="mark" aria-hidden="true">
          {isHeld ? '❙❙' : '●'}
        </span>
        {isHeld ? 'paused' : 'live'}
      </span>
      <span className="tail-rate number">
        {rate(of.recordsPerSecond)} · {bytes(of.bytesPerSecond)}/s
      </span>
      {newCount > 0 && (
        <button type="button" className="button tail-new" onClick={onToggle}>
          {count(newCount)} new
        </button>
      )}
      <Dropped rate={of} leftOut={view.leftOut} />
    </>
  );
}

/** Below this, what is left out rounds away. */
const oneOfMin = 1.05;

function Dropped({
  rate: { oneOf },
  leftOut,
}: {
  readonly rate: TailRate;
  readonly leftOut: TailView['leftOut'];
}): ReactNode {
  const left = leftOutText(leftOut);
  if (left === undefined) return null;
  const about = oneOf < 10 ? oneOf.toFixed(1) : count(Math.round(oneOf));
  return (
    <span
      className={oneOf < oneOfMin ? 'chip' : 'chip hot'}
      title="More arrives than is sent to a page; all of it is in the stream"
    >
      {oneOf >= oneOfMin && `showing 1 of ${about} · `}
      {left} left out
    </span>
  );
}

/** Of the embedded log, only the bytes are known. */
function leftOutText({ records, bytes: size }: TailView['leftOut']): string | undefined {
  if (records > 0) return count(records);
  return size > 0 ? bytes(size) : undefined;
}
