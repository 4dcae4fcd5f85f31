import { HeliosError } from '../../base/errors.ts';
import type { PinnedView, ViewFile } from '../../catalog/view.ts';
import type { PartitionValues } from '../../delta/delta.ts';
import type { Schema } from '../../event/schema.ts';
import type { HeldFile, Storage } from '../../storage/storage.ts';
import { HeldFiles } from '../tables/held-files.ts';
import { type FileShape, FileShapes, type ShapesContext } from './file-shapes.ts';
import { type FolderFile, listFolder, type OpenPlace } from './folder-listing.ts';
import { hivePartitions } from './hive-partitions.ts';
import { type Readings, readingsOf } from './readings.ts';

export type AttachedFolderOptions = ShapesContext & {
  readonly name: string;
  /** Absolute, or a URL; it may have a pattern in it. */
  readonly path: string;
  /** Opens a place with the options of the folder. */
  readonly open: OpenPlace;
};

/**
 * A folder (or one file, or those that match a pattern) of Parquet, CSV or JSON that somebody else
 * writes, on this disk or in a store, read as one table. It is listed for each query.
 */
export class AttachedFolder {
  readonly #options: AttachedFolderOptions;
  readonly #shapes: FileShapes;
  #schema: Schema | undefined;

  constructor(options: AttachedFolderOptions) {
    this.#options = options;
    this.#shapes = new FileShapes(options);
  }

  /** As it was when it was last looked at. */
  get lastSchema(): Schema | undefined {
    return this.#schema;
  }

  /**
   * Undefined where a Delta table is. `unsupported_table` where nothing is there that can be read,
   * or not as one table.
   */
  async pin(): Promise<PinnedView | undefined> {
    const { path, open } = this.#options;
    const listing = await listFolder(path, open);
    if (listing === undefined) return undefined;
    const { storage, files } = listing;
    // Text of no bytes has no rows, and no columns.
    const filled = files.filter((file) => file.format === 'parquet' || file.byteLength > 0);
    const shapes = await this.#shapes.of(storage, filled);
    const readings = this.#readings(storage, filled, shapes);
    const partitions = hivePartitions(path, filled.map(pathOf), readings.schema);
    const held = new HeldFiles();
    const view: ViewFile[] = filled.map((file, index) => ({
      kind: 'attached',
      reading: readings.of(shapes[index] ?? noShape),
      ...placeOf(storage, file, held),
      ...partitionFacts(partitions.values[index]),
    }));
    const ofFolders = new Set(partitions.columns.map(({ name }) => name.toLowerCase()));
    const ofFiles = readings.schema.filter(({ name }) => !ofFolders.has(name.toLowerCase()));
    this.#schema = [...ofFiles, ...partitions.columns];
    return {
      name: this.#options.name,
      schema: this.#schema,
      partitionColumns: partitions.columns.map(({ name }) => name),
      version: undefined,
      epoch: undefined,
      newestEventMs: undefined,
      hotRows: 0,
      files: view,
      release: () => held.release(),
    };
  }

  #readings(
    storage: Storage,
    files: readonly FolderFile[],
    shapes: readonly FileShape[],
  ): Readings {
    const examples = new Map<FileShape, string>();
    for (const [index, file] of files.entries()) {
      const shape = shapes[index] ?? noShape;
      if (!examples.has(shape)) examples.set(shape, urlOf(storage, file));
    }
    return readingsOf(this.#options.path, files[0]?.format ?? 'parquet', examples);
  }
}

const noShape: FileShape = { columns: [], options: '' };

function pathOf({ path }: FolderFile): string {
  return path;
}

function urlOf(storage: Storage, { path }: FolderFile): string {
  return `${storage.location}/${path}`;
}

function partitionFacts(values: PartitionValues | undefined): {
  readonly partitionValues?: PartitionValues;
} {
  return values === undefined || Object.keys(values).length === 0
    ? {}
    : { partitionValues: values };
}

function placeOf(
  storage: Storage,
  file: FolderFile,
  held: HeldFiles,
): { readonly path: string; readonly tag?: string; readonly fetch?: () => Promise<string> } {
  const local = storage.localPath(file.path);
  if (local !== undefined) return { path: local };
  const url = urlOf(storage, file);
  const { tag = `${file.byteLength} ${file.modifiedAtMs}` } = file;
  return { path: url, tag, fetch: async () => await held.hold(fetched(storage, file, url)) };
}

async function fetched(storage: Storage, file: FolderFile, url: string): Promise<HeldFile> {
  const { path, byteLength, tag } = file;
  try {
    return await storage.hold(path, byteLength, tag);
  } catch (thrown) {
    const isChanged =
      thrown instanceof HeliosError &&
      (['not_found', 'corrupt_data'].includes(thrown.code) ||
        thrown.message.includes('PreconditionFailed'));
    if (!isChanged) throw thrown;
    throw new HeliosError('storage_failed', `${url} was replaced or deleted while it was read.`, {
      hint: 'Ask again.',
      cause: thrown,
    });
  }
}
