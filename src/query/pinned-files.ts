import { chown, copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import type { PartitionValues } from '../delta/delta.ts';
import type { PinnedView, ViewFile } from '../catalog/view.ts';

/** A view's files under names that only one query process can read. */
export type LinkedView = {
  readonly view: PinnedView;
  readonly cold: readonly string[];
  /** Of the folder `helios_partition=N` the partition values; one for each combination. */
  readonly partitions: readonly PartitionValues[];
  readonly hot: readonly string[];
  readonly rows: readonly string[];
  readonly attached: Readonly<Record<'parquet' | 'csv' | 'json', readonly string[]>>;
};

export type LinkOptions = {
  /** A new folder that is made in the process's directory, and removed by `unlinkViews`. */
  readonly directory: string;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
};

/**
 * Gives the files of `views` new names in `directory`. They then stay for as long as those names
 * do, whatever happens to the originals, so that the views may be released. On another file system
 * they are copied.
 */
export async function linkViews(
  views: readonly PinnedView[],
  options: LinkOptions,
): Promise<readonly LinkedView[]> {
  await mkdir(options.directory, { recursive: true });
  const linker = new Linker(options.owner);
  const linked: LinkedView[] = [];
  for (const [index, view] of views.entries()) {
    linked.push(await linkView(linker, view, join(options.directory, `t${index}`)));
  }
  return linked;
}

export async function unlinkViews(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Links that are made at one time: they are short system calls on the thread pool. */
const linksAtOnceMax = 64;

async function linkView(linker: Linker, view: PinnedView, directory: string): Promise<LinkedView> {
  await mkdir(directory);
  const partitions = new Map<
    string,
    { readonly index: number; readonly values: PartitionValues }
  >();
  const planned: Planned[] = [];
  for (const [index, file] of view.files.entries()) {
    const folder = folderOf(file, view.partitionColumns, partitions);
    planned.push({ file, path: join(directory, folder, `f${index}${extension(file.path)}`) });
  }
  for (const { index } of partitions.values()) await mkdir(join(directory, partitionFolder(index)));
  for (let start = 0; start < planned.length; start += linksAtOnceMax) {
    const some = planned.slice(start, start + linksAtOnceMax);
    await Promise.all(some.map(({ file, path }) => linker.link(file.path, path)));
  }
  const pathsOf = (isWanted: (file: ViewFile) => boolean): readonly string[] =>
    planned.filter(({ file }) => isWanted(file)).map(({ path }) => path);
  const attachedOf = (format: 'parquet' | 'csv' | 'json'): readonly string[] =>
    pathsOf((file) => file.kind === 'attached' && file.format === format);
  return {
    view,
    cold: pathsOf((file) => file.kind === 'cold'),
    partitions: [...partitions.values()].map(({ values }) => values),
    hot: pathsOf((file) => file.kind === 'hot'),
    rows: pathsOf((file) => file.kind === 'rows'),
    attached: {
      parquet: attachedOf('parquet'),
      csv: attachedOf('csv'),
      json: attachedOf('json'),
    },
  };
}

type Planned = { readonly file: ViewFile; readonly path: string };

/**
 * Partition values go by number: DuckDB would read the values themselves from a folder's name, but
 * takes the text `null` for NULL, and a name has at most 255 bytes.
 */
function folderOf(
  file: ViewFile,
  partitionColumns: readonly string[],
  partitions: Map<string, { readonly index: number; readonly values: PartitionValues }>,
): string {
  if (file.kind !== 'cold' || partitionColumns.length === 0) return '';
  const key = JSON.stringify(partitionColumns.map((name) => file.partitionValues[name] ?? null));
  const known = partitions.get(key) ?? { index: partitions.size, values: file.partitionValues };
  partitions.set(key, known);
  return partitionFolder(known.index);
}

function partitionFolder(index: number): string {
  return `helios_partition=${index}`;
}

/** What DuckDB goes by: `.parquet`, `.csv.gz`, `.json.zst`. */
function extension(path: string): string {
  return /(?:\.(?:csv|tsv|txt|json|jsonl|ndjson))?\.\w{1,10}$/i.exec(basename(path))?.[0] ?? '';
}

class Linker {
  readonly #owner: LinkOptions['owner'];

  constructor(owner: LinkOptions['owner']) {
    this.#owner = owner;
  }

  async link(from: string, to: string): Promise<void> {
    if (this.#owner !== undefined && !(await isReadableByAll(from))) return this.#copy(from, to);
    try {
      await link(from, to);
    } catch (thrown) {
      // Another file system, or too many links to one file.
      if (!['EXDEV', 'EMLINK', 'EPERM'].includes(systemCode(thrown) ?? '')) throw thrown;
      await this.#copy(from, to);
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    await copyFile(from, to);
    if (this.#owner !== undefined) await chown(to, this.#owner.uid, this.#owner.gid);
  }
}

/** A link shares its file's mode; the process's user must be able to read it. */
async function isReadableByAll(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & 0o004) !== 0;
}
