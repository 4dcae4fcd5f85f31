import { HeliosError } from '../../base/errors.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { type Actions, parseActions } from '../actions.ts';
import type { TableVersion } from '../delta.ts';
import {
  beforeVersion,
  type Checkpoint,
  checkpointPaths,
  commitPath,
  lastCheckpointPath,
  logFolder,
  parseLogPath,
} from './names.ts';
import { unlisted } from './failures.ts';

/** A commit as it was read, with its size for the checkpoint policy. */
export type Commit = { readonly actions: Actions; readonly byteLength: number };

/** Which files together say what the newest version is. */
export type LogSegment = {
  readonly checkpoint: Checkpoint | undefined;
  /** The newest version. The commits after the checkpoint up to it are all there. */
  readonly version: TableVersion;
};

/** Reads one commit; undefined when it is not there (yet). */
export async function readCommit(
  storage: Storage,
  version: TableVersion,
): Promise<Commit | undefined> {
  const path = commitPath(version);
  const bytes = await readIfThere(storage, path);
  return bytes && { actions: parseActions(bytes, path), byteLength: bytes.byteLength };
}

/** The commits `from`, `from` + 1 … to the newest, read one after another. */
export async function readCommitsFrom(storage: Storage, from: TableVersion): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (;;) {
    const commit = await readCommit(storage, from + commits.length);
    if (commit === undefined) return commits;
    commits.push(commit);
  }
}

export type SegmentOptions = {
  /** The version that is wanted, instead of the newest one. */
  readonly atVersion?: TableVersion | undefined;
  /** First files of checkpoints that turned out to be damaged. */
  readonly without: ReadonlySet<string>;
};

/**
 * Finds the newest complete checkpoint and the commits after it; undefined when there is no table.
 * `_last_checkpoint` only says where the listing may begin: when it is missing, damaged or wrong,
 * the whole log is listed. A gap fails with `corrupt_data`, naming the version.
 *
 * With `atVersion`, as of that version; undefined too where the log doesn't reach back so far.
 */
export async function findSegment(
  storage: Storage,
  { atVersion, without }: SegmentOptions = { without: new Set() },
): Promise<LogSegment | undefined> {
  if (atVersion !== undefined) return await findSegmentAt(storage, { atVersion, without });
  const hint = without.size > 0 ? undefined : await lastCheckpointVersion(storage);
  const near = hint === undefined ? undefined : await listFrom(storage, hint);
  if (near !== undefined && newestCheckpoint(near) !== undefined) return chooseSegment(near);
  const all = await listFrom(storage, 0);
  if (hint !== undefined && all.commits.length + all.checkpoints.length === 0) {
    // Nobody may make another table in the place of one that is only not listed.
    throw unlisted(storage, hint);
  }
  return chooseSegment(undamaged(all, without));
}

async function findSegmentAt(
  storage: Storage,
  { atVersion, without }: SegmentOptions & { readonly atVersion: TableVersion },
): Promise<LogSegment | undefined> {
  const all = undamaged(await listFrom(storage, 0), without);
  const found = {
    commits: all.commits.filter((version) => version <= atVersion),
    checkpoints: all.checkpoints.filter(({ version }) => version <= atVersion),
  };
  const checkpoint = newestCheckpoint(found);
  if (checkpoint === undefined && found.commits[0] !== 0) return undefined;
  const segment = chooseSegment(found);
  return segment?.version === atVersion ? segment : undefined;
}

function undamaged({ commits, checkpoints }: Found, without: ReadonlySet<string>): Found {
  const usable = checkpoints.filter((one) => !without.has(checkpointPaths(one)[0] ?? ''));
  return { commits, checkpoints: usable };
}

/**
 * The version that `_last_checkpoint` names; undefined when it is absent or not what it should be.
 */
export async function lastCheckpointVersion(storage: Storage): Promise<TableVersion | undefined> {
  const bytes = await readIfThere(storage, lastCheckpointPath);
  const text = new TextDecoder().decode(bytes);
  const digits = /"version"\s*:\s*(\d{1,15})\b/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

type Found = {
  readonly commits: readonly TableVersion[];
  readonly checkpoints: readonly Checkpoint[];
};

/** Everything in the log from a version on that Delta gives a meaning. */
async function listFrom(storage: Storage, version: TableVersion): Promise<Found> {
  const commits: TableVersion[] = [];
  const checkpoints: Found['checkpoints'][number][] = [];
  const startAfter = beforeVersion(version);
  for await (const object of storage.list(`${logFolder}/`, { startAfter })) {
    const file = isUsable(object) ? parseLogPath(object.path) : undefined;
    if (file?.kind === 'commit') commits.push(file.version);
    if (file?.kind === 'checkpoint') checkpoints.push(file);
  }
  return { commits: await withUnlisted(storage, commits), checkpoints };
}

/** Versions that a listing may miss, while the store has them. */
const unlistedMax = 100;

/**
 * A store whose listings are behind its truth is asked for what lies between those that it lists,
 * and for the first one where it lists none.
 */
async function withUnlisted(
  storage: Storage,
  commits: readonly TableVersion[],
): Promise<readonly TableVersion[]> {
  const [first = 0] = commits;
  const count = (commits.at(-1) ?? first) - first + 1;
  if (count <= commits.length || count - commits.length > unlistedMax) return commits;
  const listed = new Set(commits);
  const found: TableVersion[] = [];
  for (let version = first; version < first + count; version++) {
    const isThere = listed.has(version) || (await storage.stat(commitPath(version))) !== undefined;
    if (isThere) found.push(version);
  }
  return found;
}

/** An empty file is what a crashed writer without atomic puts leaves behind; readers skip it. */
function isUsable(object: StoredObject): boolean {
  return object.byteLength > 0;
}

function chooseSegment(found: Found): LogSegment | undefined {
  const checkpoint = newestCheckpoint(found);
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const commits = found.commits.filter((version) => version >= first);
  const rest = found.checkpoints.at(-1);
  if (checkpoint === undefined && commits.length === 0) {
    if (rest === undefined) return undefined;
    // A table whose log is damaged is still a table: nobody may make another in its place.
    throw missingVersion(0, rest.version);
  }
  for (const [place, version] of commits.entries()) {
    if (version !== first + place) throw missingVersion(first + place, version);
  }
  return { checkpoint, version: first + commits.length - 1 };
}

/** Several forms may be there for one version; a single file is the least that can be wrong. */
function newestCheckpoint(found: Found): LogSegment['checkpoint'] {
  const usable = found.checkpoints.filter((checkpoint) => isComplete(checkpoint, found));
  const version = usable.at(-1)?.version;
  const newest = usable.filter((checkpoint) => checkpoint.version === version);
  return newest.find((checkpoint) => checkpoint.form.kind === 'single') ?? newest[0];
}

function isComplete(checkpoint: Found['checkpoints'][number], found: Found): boolean {
  const { form, version } = checkpoint;
  if (form.kind !== 'part') return true;
  const siblings = found.checkpoints.filter(
    (other) =>
      other.version === version && other.form.kind === 'part' && other.form.parts === form.parts,
  );
  return siblings.length === form.parts;
}

function missingVersion(missing: TableVersion, next: TableVersion): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The table's log has a gap: version ${missing} is missing, but version ${next} is there ` +
      `(${commitPath(missing)}).`,
    { hint: 'Restore the file, or restore the table from a copy.' },
  );
}

async function readIfThere(storage: Storage, path: string): Promise<Uint8Array | undefined> {
  try {
    return await storage.read(path);
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'not_found') return undefined;
    throw thrown;
  }
}
