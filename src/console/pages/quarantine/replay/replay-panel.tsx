import { type ReactNode, useCallback, useState } from 'react';
import type {
  QuarantineFilter,
  ReplayAnswer,
} from '../../../../server/quarantine/quarantine-api.ts';
import { nowMs } from '../../../clock.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { fixHref, type Reason, type Since, sinceMs } from '../reason-sql.ts';
import { recordsText, replayText, trialText } from './replay-text.ts';
import { Refused, TrialResult } from './trial-result.tsx';
import { useReplay } from './use-replay.ts';
import { useTrial } from './use-trial.ts';

/** How many of a reason's records would pass now, and the button that replays them once. */
export function ReplayPanel({
  reason,
  since,
  onReplayed,
}: {
  readonly reason: Reason;
  readonly since: Since;
  readonly onReplayed: () => void;
}): ReactNode {
  const [turn, setTurn] = useState(0);
  const [filter] = useState(() => filterOf(reason, since));
  const trial = useTrial(filter, turn);
  const done = useCallback(() => {
    setTurn((before) => before + 1);
    onReplayed();
  }, [onReplayed]);
  const { replay, error, start } = useReplay(done);
  const isBusy = replay !== undefined && replay.state !== 'done';
  const { answer } = trial;
  const passing = answer?.passing ?? 0;
  return (
    <section className="quarantine-replay" aria-label="Replay">
      <div className="quarantine-replay-line">
        <p role="status">
          {trial.isRunning ? 'Trying how many would pass now…' : answer && trialText(answer)}
        </p>
        <span className="end">
          <button
            type="button"
            className="button"
            disabled={trial.isRunning || isBusy}
            onClick={() => setTurn(turn + 1)}
          >
            Try again
          </button>
          {trial.error?.code !== 'not_found' && (
            <Link className="button" href={fixHref(reason)}>
              <Icon name="sql" />
              Fix the SQL
            </Link>
          )}
          {answer !== undefined && passing > 0 && (
            <button
              type="button"
              className="button main"
              disabled={trial.isRunning || isBusy}
              onClick={() => start({ ...filter, key: crypto.randomUUID() })}
            >
              Replay {recordsText(answer.selected)}
            </button>
          )}
        </span>
      </div>
      {answer !== undefined && passing > 0 && !isBusy && (
        <p className="quiet">
          Each goes through the pipeline once more, and into its tables at most once. Those that
          fail again stay here.
        </p>
      )}
      {trial.error !== undefined && <Failure error={trial.error} />}
      {answer !== undefined && !isBusy && <TrialResult answer={answer} />}
      {error !== undefined && <Failure error={error} />}
      {replay !== undefined && <Progress replay={replay} />}
    </section>
  );
}

/** How far a replay is, and what it has made of the records. */
function Progress({ replay }: { readonly replay: ReplayAnswer }): ReactNode {
  const isDone = replay.state === 'done';
  return (
    <div className={isDone ? 'notice' : 'notice hot'}>
      <p role="status">{replayText(replay)}</p>
      {!isDone && (
        <progress
          aria-label="Records replayed"
          max={replay.selected ?? 1}
          value={replay.replayed + replay.failed}
        />
      )}
      <Refused refused={replay.refused} />
    </div>
  );
}

function filterOf({ pipeline, source, code, field }: Reason, since: Since): QuarantineFilter {
  const backMs = sinceMs(since);
  return {
    ...{ pipeline, source, column: field },
    code: code as NonNullable<QuarantineFilter['code']>,
    ...(backMs === undefined ? {} : { from: new Date(nowMs() - backMs).toISOString() }),
  };
}
