import { chown, copyFile, link, mkdir, rm } from 'node:fs/promises';
import { type BigIntStats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { systemCode } from '../../base/errors.ts';
import type { PartitionValues } from '../../delta/delta.ts';
import { fileFailure } from '../../storage/file-failure.ts';
import type { AttachedReading, PinnedView, ViewFile } from '../../catalog/view.ts';
import { hasPassed } from './has-passed.ts';

/** A view's files under names that only one query process can read. */
export type LinkedView = {
  readonly view: PinnedView;
  readonly cold: readonly string[];
  /** Cold files of which rows were deleted: `deletedPathOf` names the file that says which. */
  readonly cut: readonly string[];
  /** Of the folder `helios_partition=N` the partition values; undefined where no file is in it. */
  readonly partitions: readonly (PartitionValues | undefined)[];
  readonly hot: readonly string[];
  readonly rows: readonly string[];
  readonly attached: ReadonlyMap<AttachedReading, readonly string[]>;
};

export type LinkedFilesOptions = {
  /** The process's own, where the links are made. */
  readonly directory: string;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly clock: Clock;
  /** How long a link stays that no query has asked for again. */
  readonly keptMs: number;
};

/**
 * The files that one query process can read: hard links in its folder. They stay for as long as
 * those names do, whatever happens to the originals, so that views may be released once they are
 * linked. On another file system they are copied.
 *
 * The links of one query serve the next: only what is new is linked, and the process, which sees
 * the same names again, still knows what the files hold. A name stands for the same bytes for as
 * long as the process lives; what was changed in place has another.
 *
 *     link ── query runs ── release ── link ── query runs ── release ── keptMs ── all removed
 *                                        └ removes what was not asked for since keptMs
 */
export class LinkedFiles {
  readonly #options: LinkedFilesOptions;
  readonly #links = new Map<string, Link>();
  /** Table → partition values as text → N of the folder. */
  readonly #partitions = new Map<string, Map<string, number>>();
  /** Folders of partitions, there or being made. */
  readonly #folders = new Map<string, Promise<void>>();
  readonly #removing = new Set<Promise<void>>();
  #attached = new Map<string, string>();
  #idle = new AbortController();
  #serial = 0;

  constructor(options: LinkedFilesOptions) {
    this.#options = options;
  }

  /** Of the files of attached folders that were linked last: link → what people call it. */
  get attachedNames(): ReadonlyMap<string, string> {
    return this.#attached;
  }

  /** Links the files of all views. They stay at least until `release`. */
  async link(views: readonly PinnedView[]): Promise<readonly LinkedView[]> {
    this.#idle.abort();
    const nowMs = this.#options.clock.monotonicMs();
    const linked: LinkedView[] = [];
    this.#attached = new Map();
    for (const view of views) linked.push(await this.#linkView(view, nowMs));
    this.#removeUnused(nowMs - this.#options.keptMs);
    return linked;
  }

  /** The query has ended. */
  release(): void {
    const { clock, keptMs } = this.#options;
    this.#idle.abort();
    if (this.#links.size === 0) return;
    if (this.#links.size > linksKeptMax || keptMs === 0) return this.#removeUnused(Infinity);
    this.#idle = new AbortController();
    const { signal } = this.#idle;
    void hasPassed(clock, { durationMs: keptMs, signal }).then((isOver) =>
      isOver ? this.#removeUnused(Infinity) : undefined,
    );
  }

  /** Waits for removals that run; what is left goes with the folder. */
  async close(): Promise<void> {
    this.#idle.abort();
    await Promise.all(this.#removing);
  }

  async #linkView(view: PinnedView, nowMs: number): Promise<LinkedView> {
    const paths: string[] = [];
    const partitions: (PartitionValues | undefined)[] = [];
    for (let start = 0; start < view.files.length; start += filesAtOnceMax) {
      // Looking at files blocks: others get their turn in between.
      if (start > 0) await setImmediate();
      const some = view.files.slice(start, start + filesAtOnceMax);
      const linking = some.map(async (file) => {
        const folder = this.#folderOf(file, view, partitions);
        return file.kind === 'cold' && file.deletedPath !== undefined
          ? await this.#cutPath({ path: file.path, deletedPath: file.deletedPath }, folder, nowMs)
          : await this.#path(file.path, folder, nowMs);
      });
      paths.push(...(await Promise.all(linking)));
    }
    const pathsOf = (isWanted: (file: ViewFile) => boolean): readonly string[] =>
      paths.filter((_, index) => {
        const file = view.files[index];
        return file !== undefined && isWanted(file);
      });
    const attached = new Map<AttachedReading, string[]>();
    for (const [index, file] of view.files.entries()) {
      if (file.kind !== 'attached') continue;
      const together = attached.get(file.reading) ?? [];
      const path = paths[index] ?? '';
      together.push(path);
      this.#attached.set(path, file.url ?? file.path);
      attached.set(file.reading, together);
    }
    return {
      view,
      cold: pathsOf((file) => file.kind === 'cold' && file.deletedPath === undefined),
      cut: pathsOf((file) => file.kind === 'cold' && file.deletedPath !== undefined),
      partitions: Array.from(partitions),
      hot: pathsOf((file) => file.kind === 'hot'),
      rows: pathsOf((file) => file.kind === 'rows'),
      attached,
    };
  }

  /**
   * Partition values go by number: DuckDB would read the values themselves from a folder's name,
   * but takes the text `null` for NULL, and a name has at most 255 bytes.
   */
  #folderOf(
    file: ViewFile,
    { name, partitionColumns }: PinnedView,
    partitions: (PartitionValues | undefined)[],
  ): string {
    if (file.kind === 'hot' || file.kind === 'rows' || partitionColumns.length === 0) return '';
    const known = this.#partitions.get(name) ?? new Map<string, number>();
    this.#partitions.set(name, known);
    const { partitionValues = {} } = file;
    const values = partitionColumns.map((column) => [column, partitionValues[column] ?? null]);
    const key = JSON.stringify(values);
    const index = known.get(key) ?? known.size;
    known.set(key, index);
    partitions[index] = partitionValues;
    return `helios_partition=${index}`;
  }

  /** Where the file is found, linked if it isn't yet. */
  async #path(original: string, folder: string, nowMs: number): Promise<string> {
    const facts = factsOf(original);
    // A link keeps its inode from being given to another file, so these mean the same bytes.
    const key = [folder, original, facts.dev, facts.ino, facts.size, facts.mtimeNs].join('\0');
    const known = this.#links.get(key);
    if (known !== undefined) known.usedAtMs = nowMs;
    const { path, isThere } = known ?? this.#newLink(key, { original, folder, facts, nowMs });
    await isThere;
    return path;
  }

  /**
   * A file with rows that were deleted has a name of its own for each set of them, beside which the
   * file that says which is found.
   */
  async #cutPath(
    { path: original, deletedPath }: { readonly path: string; readonly deletedPath: string },
    folder: string,
    nowMs: number,
  ): Promise<string> {
    const facts = factsOf(original);
    const deletedFacts = factsOf(deletedPath);
    const key = [folder, original, facts.ino, facts.mtimeNs, deletedPath, deletedFacts.ino].join(
      '\0',
    );
    const known = this.#links.get(key);
    if (known !== undefined) known.usedAtMs = nowMs;
    const made = known ?? this.#newLink(key, { original, folder, facts, nowMs });
    const deletedKey = `${key}\0deleted`;
    const knownDeleted = this.#links.get(deletedKey);
    if (knownDeleted !== undefined) knownDeleted.usedAtMs = nowMs;
    const source = { original: deletedPath, folder, facts: deletedFacts, nowMs };
    const deleted =
      knownDeleted ?? this.#newLink(deletedKey, source, basename(deletedPathOf(made.path)));
    await Promise.all([made.isThere, deleted.isThere]);
    return made.path;
  }

  #newLink(
    key: string,
    { original, folder, facts, nowMs }: NewLink,
    name: string = `f${this.#serial++}${extension(original)}`,
  ): Link {
    const path = join(this.#options.directory, folder, name);
    const isThere = this.#make({ original, folder, facts }, path).catch((thrown: unknown) => {
      this.#links.delete(key);
      throw thrown;
    });
    const made = { path, isThere, usedAtMs: nowMs };
    this.#links.set(key, made);
    return made;
  }

  async #make({ original, folder, facts }: Omit<NewLink, 'nowMs'>, path: string): Promise<void> {
    const { owner } = this.#options;
    if (folder !== '') await this.#makeFolder(folder);
    // A link shares its file's mode; the process's user must be able to read it.
    if (owner !== undefined && (facts.mode & 0o004n) === 0n)
      return await this.#copy(original, path);
    try {
      await link(original, path);
    } catch (thrown) {
      // Another file system, or too many links to one file.
      if (!['EXDEV', 'EMLINK', 'EPERM'].includes(systemCode(thrown) ?? '')) throw thrown;
      await this.#copy(original, path);
    }
  }

  /** Not with those above it: when they are gone, so is the process. */
  async #makeFolder(folder: string): Promise<void> {
    const path = join(this.#options.directory, folder);
    const made =
      this.#folders.get(folder) ??
      mkdir(path).catch((thrown: unknown) => {
        this.#folders.delete(folder);
        throw thrown;
      });
    this.#folders.set(folder, made);
    await made;
  }

  async #copy(from: string, to: string): Promise<void> {
    const { owner } = this.#options;
    await copyFile(from, to);
    if (owner !== undefined) await chown(to, owner.uid, owner.gid);
  }

  /** Those that were last asked for before then, in the background. */
  #removeUnused(beforeMs: number): void {
    for (const [key, { path, usedAtMs }] of this.#links) {
      if (usedAtMs >= beforeMs) continue;
      this.#links.delete(key);
      const removing = rm(path, { force: true }).finally(() => this.#removing.delete(removing));
      this.#removing.add(removing);
    }
  }
}

/** `not_found` for what somebody has deleted meanwhile. */
function factsOf(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch (thrown) {
    throw fileFailure(thrown, path);
  }
}

/** Where the file lies that says which rows of a file of `LinkedView.cut` were deleted. */
export function deletedPathOf(path: string): string {
  return `${path}${deletedEnding}`;
}

/** What that path ends in more than the file's. */
export const deletedEnding = '.deleted';

/** More than these are not kept for the next query. */
const linksKeptMax = 10_000;

/** Files that are looked at and linked at one time: short system calls. */
const filesAtOnceMax = 64;

type Link = { readonly path: string; readonly isThere: Promise<void>; usedAtMs: number };

type NewLink = {
  readonly original: string;
  readonly folder: string;
  readonly facts: BigIntStats;
  readonly nowMs: number;
};

/** What DuckDB goes by: `.parquet`, `.csv.gz`, `.json.zst`. */
function extension(path: string): string {
  return /(?:\.(?:csv|tsv|txt|json|jsonl|ndjson))?\.\w{1,10}$/i.exec(basename(path))?.[0] ?? '';
}
