import { type BackoffPolicy, backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';

/**
 * Conflicts and lost answers of one commit; with this many, something is wrong with the storage.
 */
const commitRetries: BackoffPolicy = { firstMs: 5, maxMs: 1000, attemptsMax: 20 };

/** Tries until it isn't a failure that comes back, or throws the last one. */
export async function retriedCommit<T>(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  action: () => Promise<T | HeliosError>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await action();
    if (!(outcome instanceof HeliosError)) return outcome;
    if (attempt >= commitRetries.attemptsMax) throw outcome;
    await clock.sleep(backoffMs(commitRetries, attempt, random));
  }
}
