import { type ReactNode, useEffect, useState } from 'react';
import { useSocketState } from '../../../api/use-live.ts';
import { after, nowMs } from '../../../clock.ts';
import { count, duration, elapsed } from '../../../text.ts';
import { useZone } from '../../../time/zone.ts';
import type { RunPhase, RunState } from '../run/query-run.ts';
import { rowsText, type SawPart, sawParts } from './saw-text.ts';

/** How a run is going, or what its answer saw: the line between the editor and the result. */
export function StatusLine({ state }: { readonly state: RunState }): ReactNode {
  const { phase, answer, live } = state;
  const isAway = useSocketState().kind === 'away';
  return (
    <p className="sql-status">
      {live !== 'off' && <LiveChip live={live} isAway={isAway} />}
      <span className="sql-status-text">
        {phase.kind === 'done' || (live === 'on' && answer !== undefined) ? (
          <Answered state={state} />
        ) : (
          <Phase phase={phase} hasAnswer={answer !== undefined} isAway={isAway} />
        )}
      </span>
      {/* What a screen reader hears: not each tick of the clock, nor of a live query. */}
      <span className="visually-hidden" role="status">
        {live === 'off' ? spoken(state) : `Live is ${live}`}
      </span>
    </p>
  );
}

function LiveChip({
  live,
  isAway,
}: {
  readonly live: 'on' | 'paused';
  readonly isAway: boolean;
}): ReactNode {
  if (live === 'paused') return <span className="chip hot">❙❙ paused</span>;
  // What is shown is what was so before Helios went away.
  if (isAway) return <span className="chip">↻ live again when Helios answers</span>;
  return <span className="chip hot">● live</span>;
}

function Answered({ state: { answer } }: { readonly state: RunState }): ReactNode {
  const zone = useZone();
  if (answer === undefined) return null;
  const { document } = answer;
  const saw = sawParts(document.saw, { nowMs: nowMs(), zone });
  return (
    <>
      {rowsText(document)}
      {document.ms > 0 && ` · ${count(document.ms)} ms`}
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
  isAway,
}: {
  readonly phase: RunPhase;
  readonly hasAnswer: boolean;
  readonly isAway: boolean;
}): ReactNode {
  const earlier = hasAnswer ? '; below is the answer before' : '';
  switch (phase.kind) {
    case 'idle':
      return 'Not run yet';
    case 'running':
      return <Running phase={phase} isAway={isAway} />;
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

function Running({
  phase,
  isAway,
}: {
  readonly phase: RunPhase & { kind: 'running' };
  readonly isAway: boolean;
}): ReactNode {
  const [now, setNow] = useState(nowMs);
  useEffect(() => after(100, () => setNow(nowMs())), [now]);
  const { startedMs, progress } = phase;
  const since = duration(now - startedMs);
  if (isAway) return `↻ Waiting for Helios, which runs it when it is back · ${since}`;
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
