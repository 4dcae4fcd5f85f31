import type { Storage } from '../../storage/storage.ts';
import { intervalMs } from '../prune/interval.ts';
import { logFolder, parseLogPath } from './names.ts';

const retentionDefault = 'interval 30 days';
const dayMs = 86_400_000;

/**
 * Deletes the part of a log that no reader needs any more, as the protocol has it: with the newest
 * checkpoint that is as old as the retention, everything before that checkpoint goes; without one,
 * nothing does. From the oldest on, so that what is left after a crash has no gap. Gives the number
 * of files deleted.
 */
export async function cleanUpLog(
  storage: Storage,
  configuration: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<number> {
  if (configuration['delta.enableExpiredLogCleanup'] === 'false') return 0;
  const retentionMs = intervalMs(configuration['delta.logRetentionDuration'] ?? retentionDefault);
  const cutoffMs = Math.floor((nowMs - retentionMs) / dayMs) * dayMs;
  const files = await Array.fromAsync(listVersions(storage));
  const checkpoint = lastExpiredCheckpoint(files, cutoffMs);
  const expired = files.filter((file) => file.version < checkpoint);
  for (const file of expired) await storage.delete(file.path);
  return expired.length;
}

type VersionFile = {
  readonly path: string;
  readonly version: number;
  readonly modifiedAtMs: number;
  readonly kind: 'commit' | 'checkpoint' | 'other';
};

/** Files of one version each, checksums and compacted commits too; in order. */
async function* listVersions(storage: Storage): AsyncGenerator<VersionFile> {
  for await (const { path, modifiedAtMs } of storage.list(`${logFolder}/`)) {
    const digits = /^_delta_log\/(\d{20})\./.exec(path)?.[1];
    if (digits === undefined) continue;
    const kind = checkpointOrCommit(path);
    yield { path, version: Number(digits), modifiedAtMs, kind };
  }
}

function checkpointOrCommit(path: string): VersionFile['kind'] {
  const file = parseLogPath(path);
  if (file?.kind === 'commit') return 'commit';
  // Only a form that Helios reads, whole by itself, may stand for what is deleted.
  return file?.kind === 'checkpoint' && file.form.kind === 'single' ? 'checkpoint' : 'other';
}

/** Its version, or 0, before which there is nothing. */
function lastExpiredCheckpoint(files: readonly VersionFile[], cutoffMs: number): number {
  // Clocks go back: a commit is no older than the ones before it.
  const young = files.find((file) => file.kind === 'commit' && file.modifiedAtMs > cutoffMs);
  const end = young?.version ?? Infinity;
  const checkpoints = files.filter((file) => file.kind === 'checkpoint' && file.version < end);
  return checkpoints.at(-1)?.version ?? 0;
}
