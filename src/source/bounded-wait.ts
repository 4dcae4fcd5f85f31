import { once } from 'node:events';

/**
 * The wait of a source to which nothing is added any more: over at once while something is unread,
 * else when the signal aborts, by throwing its reason.
 */
export async function waitBounded(hasEnded: boolean, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!hasEnded) return;
  await once(signal, 'abort');
  signal.throwIfAborted();
}
