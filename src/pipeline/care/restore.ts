import { HeliosError } from '../../base/errors.ts';
import type { DataFile, TableVersion } from '../../delta/delta.ts';
import { versionAt } from '../../delta/log/history.ts';
import { restoreDifference } from '../../delta/plan-rewrite.ts';
import type { TableState } from '../../delta/state.ts';
import type { DeltaTable } from '../../delta/table.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Pace } from './pace.ts';

export type RestoreTo =
  | { readonly kind: 'version'; readonly version: TableVersion }
  | { readonly kind: 'time'; readonly atMs: number };

export type RestoreContext = {
  readonly storage: Storage;
  readonly delta: DeltaTable;
  readonly pace: Pace;
  readonly signal: AbortSignal;
};

export type RestoreResult = {
  /** What the table was made to be again. */
  readonly toVersion: TableVersion;
  /** The newest version, before or after. */
  readonly version: TableVersion;
  /** False: it was so already, or nothing was to be done yet. */
  readonly isCommitted: boolean;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  /** Undefined where a file doesn't say. */
  readonly rowsAdded: number | undefined;
  readonly rowsRemoved: number | undefined;
};

/**
 * Makes a table what it was, by a new commit. With `isDryRun` it only says what would change.
 * `not_found` where the log no longer tells of the version, `conflict` where files of it are gone.
 */
export async function restore(
  context: RestoreContext,
  to: RestoreTo,
  isDryRun: boolean,
): Promise<RestoreResult> {
  const now = await context.delta.refresh();
  const target = await targetOf(context, to, now.version);
  const difference = restoreDifference(context.delta.state(), target);
  await checkThere(context, difference.adds, target.version);
  if (isDryRun) {
    return resultOf({ target, version: now.version, isCommitted: false }, difference);
  }
  const {
    isCommitted,
    filesAdded: adds,
    filesRemoved: removes,
    snapshot,
  } = await context.delta.restore(target);
  return resultOf({ target, version: snapshot.version, isCommitted }, { adds, removes });
}

function resultOf(
  what: {
    readonly target: TableState;
    readonly version: TableVersion;
    readonly isCommitted: boolean;
  },
  { adds, removes }: { readonly adds: readonly DataFile[]; readonly removes: readonly DataFile[] },
): RestoreResult {
  return {
    toVersion: what.target.version,
    version: what.version,
    isCommitted: what.isCommitted,
    filesAdded: adds.length,
    filesRemoved: removes.length,
    rowsAdded: rowsOf(adds),
    rowsRemoved: rowsOf(removes),
  };
}

async function targetOf(
  { storage, delta }: RestoreContext,
  to: RestoreTo,
  newest: TableVersion,
): Promise<TableState> {
  const version = to.kind === 'version' ? to.version : await versionAt(storage, to.atMs);
  const target = version === undefined || version > newest ? undefined : await delta.at(version);
  if (target !== undefined) return target;
  const wanted = to.kind === 'version' ? `version ${to.version}` : new Date(to.atMs).toISOString();
  throw new HeliosError(
    'not_found',
    `The table's log doesn't tell what it was at ${wanted}; its newest version is ${newest}.`,
    { hint: 'See what it tells of: helios table history NAME.' },
  );
}

async function checkThere(
  { storage, pace, signal }: RestoreContext,
  files: readonly DataFile[],
  version: TableVersion,
): Promise<void> {
  const missing: string[] = [];
  for (const { path } of files) {
    await pace.request(signal);
    if ((await storage.stat(path)) === undefined) missing.push(path);
  }
  if (missing.length === 0) return;
  throw new HeliosError(
    'conflict',
    `${missing.length} of the files of version ${version} were deleted, such as ${missing[0]}.`,
    { hint: 'Restore a younger version: a vacuum took these.' },
  );
}

function rowsOf(files: readonly DataFile[]): number | undefined {
  let rows = 0;
  for (const { rowCount } of files) {
    if (rowCount === undefined) return undefined;
    rows += rowCount;
  }
  return rows;
}
