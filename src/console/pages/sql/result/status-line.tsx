import { type ReactNode, useEffect, useState } from 'react';
import { after, nowMs } from '../../../clock.ts';
import { count, duration, elapsed } from '../../../text.ts';
import { useZone } from '../../../time/zone.ts';
import type { RunPhase, RunState } from '../run/query-run.ts';
import { rowsText, type SawPart, sawParts } from './saw-text.ts';

/** How a run is going, or what its answer saw: the line between the editor and the result. */
export function StatusLine({ state }: { readonly state: RunState }): ReactNode {
  const { phase, answer, live } = state;
  return (
    <p className="sql-status">
      {live !== 'off' && <span className="chip hot">{live === 'on' ? '● live' : '❙❙ paused'}</span>}
      <span className="sql-status-text">
        {phase.kind === 'done' || (live === 'on' && answer !== undefined) ? (
          <Answered state={state} />
        ) : (
          <Phase phase={phase} hasAnswer={answer !== undefined} />
        )}
      </span>
      {/* What a screen reader hears: not each tick of the clock, nor of a live query. */}
      <span className="visually-hidden" role="status">
        {live === 'off' ? spoken(state) : `Live is ${live}`}
      </span>
    </p>
  );
}

function Answered({ state: { answer } }: { readonly state: RunState }): ReactNode {
  const zone = useZone();
  if (answer === undefined) return null;
  const { document } = answer;
  const saw = sawParts(document.saw, { nowMs: nowMs(), zone });
  return (
    <>
      {rowsText(document)} · {count(document.ms)} ms
      {saw.length > 0 && ' · saw '}
      {saw.map((parts, index) => (
        <span key={document.saw[index]?.table}>
          {index > 0 && ', '}
          {parts.map((part) => (
            <Saw key={part.text} part={part} />
          ))}
        </span>
      ))}
    </>
  );
}

function Saw({ part: { text, tone } }: { readonly part: SawPart }): ReactNode {
  return tone === undefined ? text : <span className={`sql-${tone}`}>{text}</span>;
}

function Phase({
  phase,
  hasAnswer,
}: {
  readonly phase: RunPhase;
  readonly hasAnswer: boolean;
}): ReactNode {
  const earlier = hasAnswer ? '; below is the answer before' : '';
  switch (phase.kind) {
    case 'idle':
      return 'Not run yet';
    case 'running':
      return <Running phase={phase} />;
    case 'cancelled':
      return `■ cancelled after ${elapsed(phase.durationMs)}${earlier}`;
    case 'failed':
      return (
        <>
          <span className="state bad">✕ failed</span> after {elapsed(phase.durationMs)}
          {earlier}
        </>
      );
    case 'done':
      return null;
  }
}

function Running({ phase }: { readonly phase: RunPhase & { kind: 'running' } }): ReactNode {
  const [now, setNow] = useState(nowMs);
  useEffect(() => after(100, () => setNow(nowMs())), [now]);
  const { startedMs, progress } = phase;
  const since = duration(now - startedMs);
  if (progress === undefined) return `↻ ${now - startedMs < 500 ? 'running' : 'queued'} · ${since}`;
  const { rowsRead } = progress;
  return `↻ running · ${since}${rowsRead > 0 ? ` · ${count(rowsRead)} rows read so far` : ''}`;
}

function spoken({ phase, answer }: RunState): string {
  switch (phase.kind) {
    case 'idle':
      return '';
    case 'running':
      return 'Running';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
    case 'done':
      return answer === undefined ? 'Done' : `Done: ${rowsText(answer.document)}`;
  }
}
