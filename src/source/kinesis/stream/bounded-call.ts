import type { Clock } from '../../../base/clock.ts';
import { HeliosError } from '../../../base/errors.ts';

export type CallLimits = {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/**
 * Runs `call` for so long at most: after that it is told to stop and isn't waited for, so that a
 * server that hangs holds up nobody. Rejects with `unreachable`, or with the signal's reason.
 */
export async function boundedCall<T>(
  limits: CallLimits,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, signal } = limits;
  signal.throwIfAborted();
  const done = new AbortController();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await new Promise<T>((resolve, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error));
      clock.sleep(timeoutMs, done.signal).then(
        () => stop.abort(tooSlow(timeoutMs)),
        () => undefined,
      );
      call(stop.signal).then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    done.abort();
  }
}

function tooSlow(timeoutMs: number): HeliosError {
  return new HeliosError('unreachable', `Kinesis did not answer within ${timeoutMs / 1000} s.`, {
    hint: 'Check the network between here and Kinesis. It is tried again.',
  });
}
