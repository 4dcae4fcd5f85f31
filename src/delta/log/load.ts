import { HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TableVersion } from '../delta.ts';
import { firstState, type TableState } from '../state.ts';
import { type Commit, findSegment, readCommit } from './log.ts';
import { commitPath } from './names.ts';
import { type CheckpointOptions, readCheckpoint } from './read-checkpoint.ts';

/** Commits that are read at the same time when a table is opened. */
const readsAtOnceMax = 16;

export type LoadedState = {
  readonly state: TableState;
  /** The checkpoint that it was read from. */
  readonly checkpointVersion: TableVersion | undefined;
  /** Bytes of the commits after that. */
  readonly commitBytes: number;
};

/**
 * The newest version of the table, or the one that is asked for; undefined when there is no table,
 * or when its log no longer tells of that version.
 */
export async function loadState(
  storage: Storage,
  options: CheckpointOptions,
  atVersion?: TableVersion,
): Promise<LoadedState | undefined> {
  const segment = await findSegment(storage, atVersion);
  if (segment === undefined) return undefined;
  const { checkpoint, version } = segment;
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const base = checkpoint === undefined ? [] : [await readCheckpoint(storage, checkpoint, options)];
  const commits = await readCommits(storage, first, version);
  return {
    state: firstState(version, [...base, ...commits.map((commit) => commit.actions)]),
    checkpointVersion: checkpoint?.version,
    commitBytes: commits.reduce((sum, commit) => sum + commit.byteLength, 0),
  };
}

async function readCommits(
  storage: Storage,
  first: TableVersion,
  last: TableVersion,
): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (let from = first; from <= last; from += readsAtOnceMax) {
    const versions = Array.from(
      { length: Math.min(readsAtOnceMax, last - from + 1) },
      (_, index) => from + index,
    );
    const read = await Promise.all(
      versions.map(async (version) => await readListed(storage, version)),
    );
    commits.push(...read);
  }
  return commits;
}

async function readListed(storage: Storage, version: TableVersion): Promise<Commit> {
  const commit = await readCommit(storage, version);
  if (commit !== undefined) return commit;
  throw new HeliosError('storage_failed', `${commitPath(version)} was deleted while it was read.`, {
    hint: 'The log is being cleaned up; it is read anew.',
  });
}
