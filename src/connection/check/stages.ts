import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionStep } from '../connection.ts';

/** What a stage found; it throws a HeliosError where it fails. */
export type StageResult = {
  readonly outcome: 'ok' | 'skipped';
  readonly message: string;
};

export type Stage = {
  readonly step: ConnectionStep['step'];
  readonly run: () => Promise<StageResult>;
};

export type StagesOptions = {
  readonly clock: Clock;
  /** For all of them. */
  readonly timeoutMs: number;
  /** The caller's wish to stop: rejects with its reason. */
  readonly signal: AbortSignal;
  /** Aborted at the deadline, and when nobody waits any more: whatever runs lets go. */
  readonly letGo: AbortController;
};

/** Runs stages one after the other, and tells each when it is done. After a failure none runs. */
export async function* runStages(
  stages: readonly Stage[],
  options: StagesOptions,
): AsyncGenerator<ConnectionStep> {
  const { clock, letGo, signal } = options;
  const deadline = startDeadline(options);
  let failed: string | undefined;
  try {
    for (const stage of stages) {
      signal.throwIfAborted();
      if (failed !== undefined) {
        yield toldOff(stage, `Not tried, because ${failed} failed.`);
        continue;
      }
      const startedMs = clock.monotonicMs();
      const step = await runOne(stage, deadline);
      signal.throwIfAborted();
      if (step.outcome === 'failed') failed = stage.step;
      yield { ...step, durationMs: Math.round(clock.monotonicMs() - startedMs) };
    }
  } finally {
    letGo.abort();
  }
}

/** Rejects when the time is over or the caller wants no more; never resolves. */
function startDeadline({ clock, timeoutMs, signal, letGo }: StagesOptions): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  // Where every stage is done before, nobody waits for it.
  promise.catch(() => undefined);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  clock.sleep(timeoutMs, letGo.signal).then(
    () => {
      const seconds = timeoutMs / 1000;
      reject(
        new HeliosError('timeout', `It was not done within ${seconds} s.`, {
          hint: 'Something on the way drops packets, or the server is overloaded.',
        }),
      );
      letGo.abort();
    },
    () => undefined,
  );
  return promise;
}

async function runOne(stage: Stage, deadline: Promise<never>): Promise<ConnectionStep> {
  const { step } = stage;
  try {
    const { outcome, message } = await Promise.race([stage.run(), deadline]);
    return { step, outcome, message, hint: undefined, durationMs: 0 };
  } catch (thrown) {
    if (!(thrown instanceof HeliosError)) throw thrown;
    const { message, hint } = thrown;
    return { step, outcome: 'failed', message, hint, durationMs: 0 };
  }
}

function toldOff({ step }: Stage, message: string): ConnectionStep {
  return { step, outcome: 'skipped', message, hint: undefined, durationMs: 0 };
}
