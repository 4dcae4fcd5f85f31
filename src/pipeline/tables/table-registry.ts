import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Catalog, TableEntry } from '../../catalog/catalog.ts';
import type { Snapshot } from '../../delta/delta.ts';
import type { DeletionVectorDescriptor } from '../../delta/deletion/descriptor.ts';
import { isSameStoredType } from '../../delta/schema-json.ts';
import type { CheckpointRun } from '../../delta/log/write-checkpoint.ts';
import { DeltaTable } from '../../delta/table.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Schema } from '../../event/schema.ts';
import type { StorageOptions } from '../../sql/script.ts';
import { isRemotePath } from '../../sql/connector/availability.ts';
import type { HeldFile, OpenStorage, Storage } from '../../storage/storage.ts';
import { FileTables, isReplaced, type OpenFiles } from './file-tables.ts';
import type { LiveSink } from '../epoch/live-sink.ts';
import type { PartStore } from '../epoch/part-store.ts';
import { DeletedRows } from './deleted-rows.ts';
import { UnreadParts } from './unread-parts.ts';

/** One pipeline's sink that writes to a table: where the table's hot rows are. */
export type Feeder = { readonly live: LiveSink; readonly parts: PartStore };

export type OpenTable = {
  readonly entry: TableEntry;
  readonly storage: Storage;
  readonly delta: DeltaTable;
  readonly feeders: Set<Feeder>;
  /** The rows that a deletion vector names, as a Parquet file. */
  readonly deletedRows: (descriptor: DeletionVectorDescriptor) => Promise<HeldFile>;
};

/** A table that pipelines here write, of either kind. */
export type WrittenTable = OpenTable | OpenFiles;

export type TableDefinition = {
  readonly name: string;
  /** Absolute, or a URL. */
  readonly path: string;
  readonly storageOptions: StorageOptions;
  /** In stored types. */
  readonly schema: Schema;
  readonly partitionColumns: readonly string[];
  /** Delta's own settings, of a new table. */
  readonly configuration?: Readonly<Record<string, string>> | undefined;
};

export type RegistryContext = {
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly openStorage: OpenStorage;
  /** Told of tables that could not be opened at the start, and are tried again when asked for. */
  readonly onProblem: (problem: HeliosError) => void;
  /** A local folder for files in the making. */
  readonly temporaryDirectory: string;
  /** Told of each checkpoint of a table that Helios writes. */
  readonly onCheckpoint?: ((table: string, checkpoint: CheckpointRun) => void) | undefined;
};

/** The tables that are open here, each once, with the pipelines that feed them. */
export class TableRegistry {
  /** Those of raw files; the others are Delta tables. */
  readonly files: FileTables;
  readonly unread: UnreadParts = new UnreadParts();
  readonly #context: RegistryContext;
  readonly #tables = new Map<string, OpenTable>();
  /** Names of tables that could not be opened at the start. */
  readonly #failed = new Set<string>();
  readonly #deletedRows: DeletedRows;

  constructor(context: RegistryContext) {
    this.#context = context;
    const directory = join(context.temporaryDirectory, 'deleted-rows');
    this.#deletedRows = new DeletedRows(context.engine, directory);
    this.files = new FileTables(context);
  }

  /**
   * Opens every table of the catalog that is there. One that is damaged, or in a store that can't
   * be reached, does not keep the others: who asks for it hears of it.
   */
  async openAll(): Promise<void> {
    const entries = this.#context.catalog.tables().filter(({ kind }) => kind === 'delta');
    await Promise.all(
      entries.map(async (entry) => {
        try {
          await this.#openAny(entry);
        } catch (thrown) {
          this.#failed.add(entry.name.toLowerCase());
          this.#context.onProblem(asHeliosError(thrown));
        }
      }),
    );
  }

  /** The table for a sink, made where there is none. Refuses one whose columns have other types. */
  async openForSink(definition: TableDefinition): Promise<OpenTable> {
    const { name, path, storageOptions } = definition;
    const entry: TableEntry = { name, path, storageOptions, kind: 'delta' };
    this.#context.catalog.addTable(entry);
    await this.#lookAgain(name);
    const known = await this.#open(entry);
    if (known !== undefined) {
      known.delta.checkAppendable();
      checkColumns(definition, known.delta.snapshot());
      return known;
    }
    const storage = await this.#context.openStorage(path, storageOptions);
    const delta = await DeltaTable.create(storage, {
      ...this.#tableOptions(name),
      tableId: this.#context.newId(),
      schema: definition.schema,
      partitionColumns: definition.partitionColumns,
      configuration: definition.configuration ?? {},
    });
    return this.#remember({ entry, feeders: new Set(), ...this.#opened(storage, delta, entry) });
  }

  /** Refuses what `openForSink` would, of a table that is open. */
  checkForSink(definition: TableDefinition): void {
    const known = this.get(definition.name);
    if (known === undefined) return;
    known.delta.checkAppendable();
    checkColumns(definition, known.delta.snapshot());
  }

  /** Forgets a table that is open, so that the next one to ask reads it anew. */
  close(name: string): void {
    this.#tables.delete(name.toLowerCase());
    this.files.close(name);
  }

  /** A table of either kind. */
  written(name: string): WrittenTable | undefined {
    return this.get(name) ?? this.files.get(name);
  }

  /** A table of either kind, also one that could not be opened at the start. */
  async find(name: string): Promise<WrittenTable | undefined> {
    const known = this.written(name);
    if (known !== undefined) return known;
    const entry = this.#context.catalog.table(name);
    if (entry === undefined || !this.#isUnopened(entry)) return undefined;
    const opened = await this.#openAny(entry);
    if (opened === undefined || this.#context.catalog.table(name) !== undefined) return opened;
    // Somebody has let it go meanwhile.
    this.close(name);
    return undefined;
  }

  /** Tables that could not be opened yet. */
  unopened(): readonly TableEntry[] {
    return this.#context.catalog.tables().filter((entry) => this.#isUnopened(entry));
  }

  #isUnopened({ name, path, kind }: TableEntry): boolean {
    if (kind !== 'delta' || this.written(name) !== undefined) return false;
    return isRemotePath(path) || this.#failed.has(name.toLowerCase());
  }

  allWritten(): readonly WrittenTable[] {
    return [...this.all(), ...this.files.all()];
  }

  get(name: string): OpenTable | undefined {
    return this.#tables.get(name.toLowerCase());
  }

  all(): readonly OpenTable[] {
    return [...this.#tables.values()];
  }

  /** The place of an attached table. */
  async openPlace(location: string, storageOptions: StorageOptions): Promise<Storage> {
    return await this.#context.openStorage(location, storageOptions);
  }

  /** Opens a Delta table that somebody else writes; undefined where there is none. */
  async openForeign(
    path: string,
    storageOptions: StorageOptions,
  ): Promise<Omit<OpenTable, 'entry' | 'feeders'> | undefined> {
    const storage = await this.#context.openStorage(path, storageOptions);
    const delta = await DeltaTable.open(storage, this.#tableOptions());
    return delta && this.#opened(storage, delta, { storageOptions });
  }

  /** What lies at the place of a table that nobody feeds may be another by now, or put back. */
  async #lookAgain(name: string): Promise<void> {
    const known = this.get(name);
    if (known === undefined || known.feeders.size > 0) return;
    await known.delta.refresh().catch((thrown: unknown) => {
      if (!isReplaced(thrown)) throw thrown;
      this.close(name);
    });
  }

  async #openAny(entry: TableEntry): Promise<WrittenTable | undefined> {
    return (await this.#open(entry)) ?? (await this.files.open(entry));
  }

  async #open(entry: TableEntry): Promise<OpenTable | undefined> {
    const known = this.get(entry.name);
    if (known !== undefined) return known;
    const storage = await this.#context.openStorage(entry.path, entry.storageOptions ?? {});
    const delta = await DeltaTable.open(storage, this.#tableOptions(entry.name));
    if (delta === undefined) return undefined;
    return this.#remember({ entry, feeders: new Set(), ...this.#opened(storage, delta, entry) });
  }

  #opened(
    storage: Storage,
    delta: DeltaTable,
    { storageOptions = {} }: Pick<TableEntry, 'storageOptions'>,
  ): Omit<OpenTable, 'entry' | 'feeders'> {
    const openSibling = async (location: string): Promise<Storage> =>
      await this.#context.openStorage(location, storageOptions);
    const deletedRows: OpenTable['deletedRows'] = async (descriptor) =>
      await this.#deletedRows.hold(descriptor, { storage, openSibling });
    return { storage, delta, deletedRows };
  }

  /** Who was faster has it already, perhaps with pipelines that feed it. */
  #remember(table: OpenTable): OpenTable {
    const known = this.get(table.entry.name);
    if (known !== undefined) return known;
    this.#tables.set(table.entry.name.toLowerCase(), table);
    return table;
  }

  /** `name` is that of a table that is written here. */
  #tableOptions(name?: string): Parameters<typeof DeltaTable.open>[1] {
    const { engine, clock, random, temporaryDirectory, onCheckpoint } = this.#context;
    return {
      ...{ engine, clock, random, temporaryFolder: temporaryDirectory },
      onCheckpoint:
        name === undefined ? undefined : (checkpoint) => onCheckpoint?.(name, checkpoint),
    };
  }
}

/**
 * Where unfinished files of a pipeline for a table lie: on its file system, out of sight of its
 * readers, or in `temporaryDirectory` for a table in an object store.
 */
export function stagingDirectory(
  { path, temporaryDirectory }: { readonly path: string; readonly temporaryDirectory: string },
  pipelineId: string,
): string {
  if (!isRemotePath(path)) return join(path, '_helios', 'staging', pipelineId);
  const table = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(temporaryDirectory, 'staging', pipelineId, table);
}

function checkColumns(definition: TableDefinition, snapshot: Snapshot): void {
  const wanted = definition.partitionColumns.map((name) => name.toLowerCase()).join(', ');
  const actual = snapshot.partitionColumns.map((name) => name.toLowerCase()).join(', ');
  if (wanted !== actual) {
    throw new HeliosError(
      'invalid_config',
      `The table ${definition.name} at ${definition.path} is partitioned by (${actual}), ` +
        `not by (${wanted}).`,
      { hint: 'Set partition_fields to what the table has, or write to another path.' },
    );
  }
  for (const column of definition.schema) {
    const there = snapshot.schema.find(
      (candidate) => candidate.name.toLowerCase() === column.name.toLowerCase(),
    );
    if (there === undefined || isSameStoredType(there.type, column.type)) continue;
    throw new HeliosError(
      'invalid_config',
      `The column ${column.name} of ${definition.name} has another type in the table at ` +
        `${definition.path} than in the SQL.`,
      {
        hint: "Cast it to the table's type, give it another name, or write to another path.",
        details: { inTable: there.type, inSql: column.type },
      },
    );
  }
}
