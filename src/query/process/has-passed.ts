import type { Clock } from '../../base/clock.ts';

/** Waits; true after the whole duration, false as soon as the signal aborts. */
export async function hasPassed(
  clock: Clock,
  { durationMs, signal }: { readonly durationMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await clock.sleep(durationMs, signal);
    return true;
  } catch (thrown) {
    if (signal.aborted) return false;
    throw thrown;
  }
}
