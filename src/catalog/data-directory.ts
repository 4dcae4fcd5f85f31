import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import { HeliosError, systemCode } from '../base/errors.ts';
import { ownerText, writeOwner } from './data-owner.ts';

/** Version of the layout below. A directory with a higher one was made by a newer Helios. */
const layoutVersion = 1;

/**
 * The folder that holds everything Helios keeps on this machine. Opening it takes an exclusive lock
 * that the operating system drops when the process ends, however it ends.
 *
 * ```
 * helios.json        layout version
 * lock.db            the lock
 * owner.json         who took it last, for people
 * catalog.db         what exists
 * log/               the embedded event log
 * pipelines/<id>/    manifests and parts
 * tables/            tables that no path was given for
 * cache/             files of tables that are in object stores
 * tmp/               nothing that outlives the process
 * ```
 */
export class DataDirectory {
  readonly path: string;
  readonly #lock: DatabaseSync;

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes the folder where it is missing. Refuses one that is held, unusable or too new. */
  static open(path: string): DataDirectory {
    const root = resolve(path);
    makeFolders(root);
    checkLayout(root);
    return DataDirectory.#taken(root, takeLock(root));
  }

  /**
   * As `open`, but waits while another process holds the folder: until that one ends, however it
   * ends. Rejects with the signal's reason when it aborts.
   */
  static async whenFree(path: string, waiting: Waiting): Promise<DataDirectory> {
    const root = resolve(path);
    makeFolders(root);
    let told: string | undefined;
    for (;;) {
      waiting.signal.throwIfAborted();
      checkLayout(root);
      try {
        return DataDirectory.#taken(root, takeLock(root));
      } catch (thrown) {
        if (!(thrown instanceof HeliosError) || thrown.code !== 'data_dir_locked') throw thrown;
      }
      const owner = ownerText(root);
      if (owner !== told) waiting.onWait(owner);
      told = owner;
      await waiting.clock.sleep(lookIntervalMs, waiting.signal);
    }
  }

  static #taken(root: string, lock: DatabaseSync): DataDirectory {
    writeOwner(root);
    rmSync(join(root, 'tmp'), { recursive: true, force: true });
    mkdirSync(join(root, 'tmp', 'spool'), { recursive: true });
    return new DataDirectory(root, lock);
  }

  /** A path inside the folder. */
  inside(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  close(): void {
    this.#lock.close();
  }
}

/**
 * Fails with `corrupt_data` where a folder has pipelines and nothing that names them: to begin
 * with an empty catalog would look as if there had been none.
 */
export function checkCatalogIsThere({ path: root }: DataDirectory): void {
  const [catalog, pipelines] = [join(root, 'catalog.db'), join(root, 'pipelines')];
  const bytes = statSync(catalog, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > 0 || readdirSync(pipelines).length === 0) return;
  throw new HeliosError('corrupt_data', `The catalog ${catalog} is gone, its pipelines are not.`, {
    hint:
      'Restore the file from a copy. To begin with no pipelines instead, move the folder ' +
      `${pipelines} away: their tables stay where they are.`,
  });
}

/** A standby takes over this soon at most after the lock is free. */
const lookIntervalMs = 250;

/** How a standby waits. */
export type Waiting = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told whom it waits for: at first, and when that changes. */
  readonly onWait: (owner: string) => void;
};

/** With those above it. Node's own way never ends where nothing can be made: in /proc. */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (thrown) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw thrown;
  }
}

function makeFolders(root: string): void {
  try {
    for (const folder of ['log', 'pipelines', 'tables', 'tmp']) {
      makeFolder(join(root, folder));
    }
    // What is fsynced inside them is only as durable as their own names.
    sync(root);
    sync(dirname(root));
  } catch (thrown) {
    throw unusable(root, thrown);
  }
}

function checkLayout(root: string): void {
  const file = join(root, 'helios.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw unusable(root, thrown);
    writeLayout(root, file);
    return;
  }
  const layout = parseLayout(text);
  if (layout === undefined) {
    throw new HeliosError(
      'data_dir_unusable',
      `${file} is not Helios's: it has no layout version.`,
      {
        hint: 'Give --data another folder, or remove this file if you know where it comes from.',
      },
    );
  }
  if (layout > layoutVersion) {
    throw new HeliosError(
      'data_dir_unusable',
      `The data directory ${root} has layout ${layout}; this Helios knows up to ${layoutVersion}.`,
      { hint: 'It was made by a newer Helios: start that one, or give --data another folder.' },
    );
  }
}

function writeLayout(root: string, file: string): void {
  try {
    writeFileSync(file, `${JSON.stringify({ layout: layoutVersion })}\n`, { flush: true });
    sync(root);
  } catch (thrown) {
    throw unusable(root, thrown);
  }
}

function sync(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function parseLayout(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('layout' in value)) return undefined;
    return typeof value.layout === 'number' ? value.layout : undefined;
  } catch {
    return undefined;
  }
}

/** SQLite's exclusive lock is the one file lock that Node can take without a native package. */
function takeLock(root: string): DatabaseSync {
  const file = join(root, 'lock.db');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (thrown) {
    database?.close();
    if (!/locked|busy/i.test(String(thrown))) throw unusable(root, thrown);
    throw new HeliosError(
      'data_dir_locked',
      `The data directory ${root} is in use by ${ownerText(root)}.`,
      {
        hint:
          'Stop that one first, give --data another folder, or start with --standby to take over ' +
          'when it ends.',
        cause: thrown,
      },
    );
  }
}

function unusable(root: string, cause: unknown): HeliosError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeliosError(
    'data_dir_unusable',
    `The data directory ${root} can't be written: ${reason}.`,
    { hint: 'Make it writable for this user, or give --data another folder.', cause },
  );
}
