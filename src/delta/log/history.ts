import type { Storage } from '../../storage/storage.ts';
import type { Actions } from '../actions.ts';
import type { TableVersion } from '../delta.ts';
import { readCommit } from './log.ts';
import { beforeVersion, logFolder, parseLogPath } from './names.ts';

/** What one commit did, as its writer and its actions say. */
export type HistoryEntry = {
  readonly version: TableVersion;
  /** When it was committed: what the writer says, or else the file's time. */
  readonly committedAtMs: number;
  readonly operation: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly engine: string | undefined;
  readonly filesAdded: number;
  /** The first of them, as the log names them: URIs relative to the table's root. */
  readonly pathsAdded: readonly string[];
  readonly filesRemoved: number;
  /** Undefined where a file doesn't say how many rows it has. */
  readonly rowsAdded: number | undefined;
  readonly bytesAdded: number;
  /** Undefined where the removed files don't say. */
  readonly bytesRemoved: number | undefined;
  /** False: the rows are the same as before. */
  readonly isDataChange: boolean;
  /** `appId` → how far it is. */
  readonly transactions: Readonly<Record<string, number>>;
  readonly changesColumns: boolean;
};

/** A commit may add thousands of files, and many commits are told at once. */
const pathsAddedMax = 20;

type ListedCommit = { readonly version: TableVersion; readonly modifiedAtMs: number };

/** The newest `countMax` commits that are still there, the newest first. */
export async function readHistory(
  storage: Storage,
  newest: TableVersion,
  countMax: number,
): Promise<readonly HistoryEntry[]> {
  const first = Math.max(0, newest - countMax + 1);
  const listed = await listCommits(storage, first);
  const entries: HistoryEntry[] = [];
  for (const { version, modifiedAtMs } of listed) {
    const commit = version > newest ? undefined : await readCommit(storage, version);
    if (commit !== undefined) entries.push(historyEntry(version, modifiedAtMs, commit.actions));
  }
  return entries.toReversed();
}

/**
 * The newest version that was there at `atMs`; undefined when the log doesn't reach back so far.
 * By the times of the commits' files, each no older than the one before it, as Delta has it.
 */
export async function versionAt(storage: Storage, atMs: number): Promise<TableVersion | undefined> {
  let found: TableVersion | undefined;
  let timeMs = 0;
  for (const { version, modifiedAtMs } of await listCommits(storage, 0)) {
    timeMs = Math.max(timeMs + 1, modifiedAtMs);
    if (timeMs > atMs) break;
    found = version;
  }
  return found;
}

async function listCommits(storage: Storage, first: TableVersion): Promise<ListedCommit[]> {
  const commits: ListedCommit[] = [];
  const startAfter = beforeVersion(first);
  for await (const { path, modifiedAtMs } of storage.list(`${logFolder}/`, { startAfter })) {
    const file = parseLogPath(path);
    if (file?.kind === 'commit') commits.push({ version: file.version, modifiedAtMs });
  }
  return commits;
}

function historyEntry(version: TableVersion, modifiedAtMs: number, actions: Actions): HistoryEntry {
  const info = actions.commitInfo ?? {};
  const { adds, removes } = actions;
  return {
    version,
    committedAtMs: typeof info['timestamp'] === 'number' ? info['timestamp'] : modifiedAtMs,
    operation: textOf(info['operation']),
    parameters: Object(info['operationParameters'] ?? {}),
    engine: textOf(info['engineInfo']),
    filesAdded: adds.length,
    pathsAdded: adds.slice(0, pathsAddedMax).map(({ path }) => path),
    filesRemoved: removes.length,
    rowsAdded: sumOrUndefined(adds.map(({ stats }) => rowsOf(stats))),
    bytesAdded: adds.reduce((sum, add) => sum + add.size, 0),
    bytesRemoved: sumOrUndefined(removes.map(({ size }) => size)),
    isDataChange: [...adds, ...removes].some(({ dataChange }) => dataChange),
    transactions: Object.fromEntries(
      actions.transactions.map(({ appId, version: reached }) => [appId, reached]),
    ),
    changesColumns: actions.metadata !== undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function rowsOf(stats: string | undefined): number | undefined {
  const digits = /"numRecords"\s*:\s*(\d+)/.exec(stats ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function sumOrUndefined(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}
