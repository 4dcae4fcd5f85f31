import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Catalog, TableEntry } from '../../catalog/catalog.ts';
import type { Schema } from '../../event/schema.ts';
import { checkFilesFit, FileTable, type FilesSnapshot } from '../../sink/filesystem/file-table.ts';
import type { StorageOptions } from '../../sql/script.ts';
import type { OpenStorage, Storage } from '../../storage/storage.ts';
import type { Feeder } from './table-registry.ts';

/** A folder of raw files that pipelines write, with those that do. */
export type OpenFiles = {
  readonly entry: TableEntry;
  readonly storage: Storage;
  readonly files: FileTable;
  readonly feeders: Set<Feeder>;
};

export type FilesDefinition = {
  readonly name: string;
  /** Absolute, or a URL. */
  readonly path: string;
  readonly storageOptions: StorageOptions;
  /** As files hold them. */
  readonly columns: Schema;
  readonly format: FilesSnapshot['format'];
  readonly partitionColumns: readonly string[];
};

type Context = {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly openStorage: OpenStorage;
};

/** The folders of raw files that are open here, each once. */
export class FileTables {
  readonly #context: Context;
  readonly #tables = new Map<string, OpenFiles>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Undefined where no pipeline has made one at the entry's place. */
  async open(entry: TableEntry): Promise<OpenFiles | undefined> {
    const known = this.get(entry.name);
    if (known !== undefined) return known;
    const storage = await this.#context.openStorage(entry.path, entry.storageOptions ?? {});
    const files = await FileTable.open(storage);
    return files && this.#remember({ entry, storage, files, feeders: new Set() });
  }

  /** The folder for a sink. Refuses one whose files are others, or belong to a Delta table. */
  async openForSink(definition: FilesDefinition): Promise<OpenFiles> {
    const { name, path, storageOptions, format, partitionColumns } = definition;
    const { catalog, clock, newId, openStorage } = this.#context;
    const entry: TableEntry = { name, path, storageOptions, kind: 'delta' };
    catalog.addTable(entry);
    await this.#lookAgain(name);
    const known = await this.open(entry);
    if (known !== undefined) {
      checkFilesFit(name, known.files.snapshot(), definition);
      return known;
    }
    const storage = await openStorage(path, storageOptions);
    await refuseDeltaTable(storage);
    const facts = { tableId: newId(), files: format, partitionColumns, createdAtMs: clock.nowMs() };
    const files = await FileTable.create(storage, { format: 1, ...facts });
    return this.#remember({ entry, storage, files, feeders: new Set() });
  }

  /** What lies in a folder that nobody feeds may be another by now, or have been put back. */
  async #lookAgain(name: string): Promise<void> {
    const known = this.get(name);
    if (known === undefined || known.feeders.size > 0) return;
    await known.files.refresh().catch((thrown: unknown) => {
      if (!isReplaced(thrown)) throw thrown;
      this.close(name);
    });
  }

  /** Refuses what `openForSink` would, of a folder that is open. */
  checkForSink(definition: FilesDefinition): void {
    const known = this.get(definition.name);
    if (known !== undefined) checkFilesFit(definition.name, known.files.snapshot(), definition);
  }

  close(name: string): void {
    this.#tables.delete(name.toLowerCase());
  }

  get(name: string): OpenFiles | undefined {
    return this.#tables.get(name.toLowerCase());
  }

  all(): readonly OpenFiles[] {
    return [...this.#tables.values()];
  }

  /** Who was faster has it already, perhaps with pipelines that feed it. */
  #remember(table: OpenFiles): OpenFiles {
    const known = this.get(table.entry.name);
    if (known !== undefined) return known;
    this.#tables.set(table.entry.name.toLowerCase(), table);
    return table;
  }
}

export function isReplaced(thrown: unknown): boolean {
  return thrown instanceof HeliosError && thrown.code === 'table_replaced';
}

/** Raw files in a Delta table's folder are none of its, and go with its next vacuum. */
async function refuseDeltaTable(storage: Storage): Promise<void> {
  for await (const { path } of storage.list('_delta_log/')) {
    throw new HeliosError(
      'invalid_config',
      `${storage.location} is a Delta table (it has ${path}): raw files in it would be deleted.`,
      { hint: "Write to it with connector = 'delta', or to another path." },
    );
  }
}
