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
      <Dropped rate={of} />
      {newCount > 0 && (
        <button type="button" className="button tail-new" onClick={onToggle}>
          {count(newCount)} new
        </button>
      )}
    </>
  );
}

/** Below this, what is left out rounds away. */
const oneOfMin = 1.05;

function Dropped({ rate: { oneOf } }: { readonly rate: TailRate }): ReactNode {
  if (oneOf < oneOfMin) return null;
  const about = oneOf < 10 ? oneOf.toFixed(1) : count(Math.round(oneOf));
  return (
    <span
      className="chip hot"
      title="More arrives than is sent to a page; all of it is in the stream"
    >
      showing 1 of {about}
    </span>
  );
}
