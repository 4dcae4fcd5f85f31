import { HeliosError } from '../../base/errors.ts';
import type { Snapshot } from '../../delta/delta.ts';
import type { DeltaTable } from '../../delta/table.ts';
import { intervalMs } from '../../delta/prune/interval.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import type { Pace } from './pace.ts';

export type VacuumContext = {
  readonly storage: Storage;
  readonly delta: DeltaTable;
  readonly pace: Pace;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly filesSeen: number }) => void;
};

export type VacuumOptions = {
  /** Files that the table let go, and files that are nobody's, are kept for this long. */
  readonly retentionMs: number;
  /** Lists what would go, and deletes nothing. */
  readonly isDryRun: boolean;
};

export type VacuumResult = {
  readonly retentionMs: number;
  /** What was deleted, or would be: at most `pathsMax` of the paths. */
  readonly paths: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** Of `files`, those that no version within the retention names. */
  readonly orphans: number;
  readonly uploads: number;
};

/** Below this, readers and writers that are at work may need what is deleted. */
const retentionMsMin: number = 7 * 86_400_000;
const retentionKey = 'delta.deletedFileRetentionDuration';

/** Parts of uploads that were never ended lie in a bucket unseen, and are paid for. */
const uploadMsMax = 86_400_000;
const pathsMax = 1000;

/** What the table says, or a week. */
export function retentionOf(configuration: Readonly<Record<string, string>>): number {
  return intervalMs(configuration[retentionKey] ?? 'interval 7 days');
}

/** Refuses a retention that could take away what somebody reads, unless it is `isForced`. */
export function checkRetention(
  { configuration }: Pick<Snapshot, 'configuration'>,
  retentionMs: number,
  isForced: boolean,
): void {
  const known = Math.max(retentionOf(configuration), retentionMsMin);
  if (retentionMs > known) {
    throw new HeliosError(
      'invalid_request',
      `The table remembers for ${known / 3_600_000} hours which files it let go, ` +
        `so files can't be kept for ${retentionMs / 3_600_000}.`,
      { hint: `Set the table's property ${retentionKey} first, with the engine that owns it.` },
    );
  }
  if (isForced || retentionMs >= retentionMsMin) return;
  throw new HeliosError(
    'not_allowed',
    `A retention of ${retentionMs / 3_600_000} hours could delete files that somebody reads, ` +
      'or is about to commit: it is less than 168 hours (7 days).',
    { hint: 'Add --force if no other program reads or writes the table now.' },
  );
}

/**
 * Deletes files under the table's root that no version within the retention names, and that are
 * older than it, as Delta's VACUUM does. What begins with `_` or `.` isn't data, but for folders of
 * partitions.
 */
export async function vacuum(
  context: VacuumContext,
  options: VacuumOptions,
): Promise<VacuumResult> {
  const { storage, delta, nowMs, pace, signal } = context;
  const cutoffMs = nowMs() - options.retentionMs;
  const old = await oldFiles(context, cutoffMs);
  // After the listing: what was committed in the meantime is known then.
  const snapshot = await delta.refresh();
  const kept = new Set(snapshot.files.map(({ path }) => path));
  const { tombstones } = delta.state();
  const isKept = (path: string): boolean =>
    (tombstones.get(path)?.deletionTimestamp ?? 0) >= cutoffMs;
  const goners = old.filter(({ path }) => !kept.has(path) && !isKept(path));
  if (!options.isDryRun) {
    for (const { path } of goners) {
      await pace.request(signal);
      await storage.delete(path);
    }
  }
  const uploads = await storage.abortUploads?.(nowMs() - uploadMsMax, options.isDryRun);
  return {
    retentionMs: options.retentionMs,
    paths: goners.slice(0, pathsMax).map(({ path }) => path),
    files: goners.length,
    bytes: goners.reduce((sum, file) => sum + file.byteLength, 0),
    orphans: goners.filter(({ path }) => !tombstones.has(path)).length,
    uploads: uploads ?? 0,
  };
}

async function oldFiles(
  { storage, delta, signal, onProgress }: VacuumContext,
  cutoffMs: number,
): Promise<readonly StoredObject[]> {
  const { partitionColumns } = delta.snapshot();
  const old: StoredObject[] = [];
  const inner = new Set<string>();
  let filesSeen = 0;
  for await (const file of storage.list('')) {
    signal.throwIfAborted();
    if (++filesSeen % 1000 === 0) onProgress({ filesSeen });
    const table = /^(.+)\/_delta_log\//.exec(file.path)?.[1];
    if (table !== undefined) inner.add(`${table}/`);
    if (file.modifiedAtMs < cutoffMs && isData(file.path, partitionColumns)) old.push(file);
  }
  onProgress({ filesSeen });
  // Another table may lie in a folder of this one.
  return old.filter(({ path }) => ![...inner].some((folder) => path.startsWith(folder)));
}

/** Data is Parquet: what else lies there, deletion vectors too, is left to whoever put it there. */
function isData(path: string, partitionColumns: readonly string[]): boolean {
  if (!path.endsWith('.parquet')) return false;
  return path.split('/').every((part) => {
    if (!/^[_.]/.test(part)) return true;
    return partitionColumns.some((name) => part.startsWith(`${name}=`));
  });
}
