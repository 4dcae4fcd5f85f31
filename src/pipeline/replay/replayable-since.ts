import type { EpochMs } from '../../event/record.ts';
import type { Manifest } from '../epoch/manifest.ts';

/**
 * `replaySinceMs` where from now on records of these sources may be read that were read before:
 * what was rejected until now would come twice if it was replayed.
 */
export function replayableSince(
  before: Manifest,
  sources: readonly { readonly name: string }[],
  nowMs: EpochMs,
): Manifest['replaySinceMs'] {
  if (sources.length === 0) return before.replaySinceMs;
  // The clock may have gone back since the newest epoch.
  const sinceMs = Math.max(nowMs, before.createdAtMs) + 1;
  const raised = sources.map(({ name }) => [name, sinceMs] as const);
  return { ...before.replaySinceMs, ...Object.fromEntries(raised) };
}
