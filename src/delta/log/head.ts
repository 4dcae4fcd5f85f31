import type { HeliosError } from '../../base/errors.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import type { TableVersion } from '../delta.ts';
import { replaced } from './failures.ts';
import { type LoadedState, loadState } from './load.ts';
import { readCommitsFrom } from './log.ts';
import { commitPath } from './names.ts';
import type { CheckpointOptions } from './read-checkpoint.ts';
import type { TableState } from '../state.ts';

/** The newest version, and what its file was: another one means that the table was replaced. */
export type LoadedHead = LoadedState & { readonly head: StoredObject | undefined };

/**
 * Reads the log; undefined where there is no table. A listing that is behind the store's truth is
 * caught up with by asking for each next version by its name.
 */
export async function loadHead(
  storage: Storage,
  options: CheckpointOptions,
): Promise<LoadedHead | undefined> {
  const loaded = await loadState(storage, options);
  if (loaded === undefined) return undefined;
  const commits = await readCommitsFrom(storage, loaded.state.version + 1);
  const state = loaded.state.next(commits.map((commit) => commit.actions));
  const newBytes = commits.reduce((sum, commit) => sum + commit.byteLength, 0);
  const head = await headOf(storage, state.version);
  return { ...loaded, state, commitBytes: loaded.commitBytes + newBytes, head };
}

/** What the file of a version is now. */
export async function headOf(
  storage: Storage,
  version: TableVersion,
): Promise<StoredObject | undefined> {
  return await storage.stat(commitPath(version));
}

/** The same, where a store that doesn't answer is no failure: then its length alone is known. */
export async function headOrLength(
  storage: Storage,
  version: TableVersion,
  byteLength: number,
): Promise<StoredObject> {
  const unseen = { path: commitPath(version), byteLength, modifiedAtMs: Number.NaN };
  return (await headOf(storage, version).catch(() => unseen)) ?? unseen;
}

export function isSameHead(
  now: StoredObject | undefined,
  known: StoredObject | undefined,
): boolean {
  if (now === undefined || now.byteLength !== known?.byteLength) return false;
  const wasSeen = !Number.isNaN(known.modifiedAtMs);
  return !wasSeen || (now.modifiedAtMs === known.modifiedAtMs && now.tag === known.tag);
}

export function checkSameId(known: TableState, found: TableState): void {
  if (known.tableId === found.tableId) return;
  throw replaced(
    'The Delta table was replaced by another: ' +
      `its id was ${known.tableId}, now it is ${found.tableId}.`,
  );
}

export function gone({ location }: Storage): HeliosError {
  return replaced(`The Delta table in ${location} is gone.`);
}
