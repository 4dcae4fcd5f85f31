import { HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TableVersion } from '../delta.ts';
import { type CheckpointContent, firstState, type TableState } from '../state.ts';
import {
  type Commit,
  findSegment,
  type LogSegment,
  readCommit,
  type SegmentOptions,
} from './log.ts';
import { type Checkpoint, checkpointPaths, commitPath } from './names.ts';
import { type CheckpointOptions, readCheckpoint } from './read-checkpoint.ts';

/** Commits that are read at the same time when a table is opened. */
const readsAtOnceMax = 64;

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
  const damaged = new Set<string>();
  let failure: HeliosError | undefined;
  for (;;) {
    const segment = await findUsable(storage, { atVersion, without: damaged }, failure);
    if (segment === undefined) return undefined;
    const { checkpoint } = segment;
    const content = checkpoint && (await tryCheckpoint(storage, checkpoint, options));
    if (!(content instanceof HeliosError)) return await stateOf(storage, segment, content);
    // An older one, with the commits after it, says the same.
    failure ??= content;
    damaged.add(firstPath(segment));
  }
}

async function stateOf(
  storage: Storage,
  { checkpoint, version }: LogSegment,
  content: CheckpointContent | undefined,
): Promise<LoadedState> {
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const commits = await readCommits(storage, first, version);
  const actions = commits.map((commit) => commit.actions);
  return {
    state: firstState(version, content, actions),
    checkpointVersion: checkpoint?.version,
    commitBytes: commits.reduce((sum, commit) => sum + commit.byteLength, 0),
  };
}

/** Without the checkpoints that failed there may be nothing that reaches: they are at fault. */
async function findUsable(
  storage: Storage,
  options: SegmentOptions,
  failure: HeliosError | undefined,
): Promise<LogSegment | undefined> {
  if (failure === undefined) return await findSegment(storage, options);
  const segment = await findSegment(storage, options).catch((thrown: unknown) => {
    if (thrown instanceof HeliosError && thrown.code === 'corrupt_data') return undefined;
    throw thrown;
  });
  if (segment === undefined) throw failure;
  return segment;
}

function firstPath({ checkpoint }: LogSegment): string {
  return (checkpoint && checkpointPaths(checkpoint)[0]) ?? '';
}

/** The failure, where it says that the checkpoint itself is no good. */
async function tryCheckpoint(
  storage: Storage,
  checkpoint: Checkpoint,
  options: CheckpointOptions,
): Promise<CheckpointContent | HeliosError> {
  try {
    return await readCheckpoint(storage, checkpoint, options);
  } catch (thrown) {
    const isDamaged =
      thrown instanceof HeliosError && ['corrupt_data', 'not_found'].includes(thrown.code);
    if (isDamaged) return thrown;
    throw thrown;
  }
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
