import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { type Catalog, notFound, type TableEntry } from '../../catalog/catalog.ts';
import type { EpochMs } from '../../event/record.ts';
import type { Schema } from '../../event/schema.ts';
import { isRemotePath } from '../../sql/connector/availability.ts';
import { givenStorageOptions } from '../../sql/connector/given-storage-options.ts';
import { resolvePath } from '../sinks/resolve-path.ts';
import { BoundedFacts } from './bounded-facts.ts';
import { committed, keysOf, viewSchema } from './pinned-views.ts';
import type { QueryableTables } from './queryable-tables.ts';
import type { SystemRow, SystemTable } from './system-tables.ts';
import type { TableRegistry, WrittenTable } from './table-registry.ts';
import { isView, type ViewPlaces } from '../views/view-places.ts';

/** What a table is and how much of it is where. */
export type TableFacts = {
  readonly name: string;
  readonly kind: 'delta' | 'materialized_view' | 'files' | 'attached' | 'system';
  readonly path: string | undefined;
  readonly schema: Schema;
  readonly version: number | undefined;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly hotRows: number;
  readonly newestEventMs: EpochMs | undefined;
  readonly rejectedCount: number;
  /** Why it could not be asked; the rest is what was known before. */
  readonly problem?: HeliosError | undefined;
};

export type TableFactsContext = {
  readonly registry: TableRegistry;
  readonly queryable: QueryableTables;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly baseDirectory: string;
  /** Where materialized views are. */
  readonly views: ViewPlaces;
  /** Records that the pipelines feeding a table rejected. */
  readonly rejectedOf: (tableName: string) => number;
};

export type AttachRequest = {
  readonly name: string;
  /** Of a folder, or a URL. */
  readonly path: string;
  /** How to reach the store that the path is in. */
  readonly storage_options?: Readonly<Record<string, string>> | undefined;
};

/** The tables that SQL can name, as people look at them; and attaching those that others write. */
export class TableCatalog {
  readonly #context: TableFactsContext;
  readonly #bounded: BoundedFacts;

  constructor(context: TableFactsContext) {
    this.#context = context;
    this.#bounded = new BoundedFacts(context.clock);
  }

  /** How many there are; asks none of them. */
  get count(): number {
    return this.#context.queryable.names().length;
  }

  /**
   * All of them, in a bounded time: one that can't be asked says so itself, and so does one of many
   * that was not read yet.
   */
  async list(): Promise<readonly TableFacts[]> {
    const { registry, queryable, catalog } = this.#context;
    const attached = catalog.tables().filter((entry) => entry.kind === 'attached');
    const asked = [
      ...registry.allWritten().map((table) => ({
        known: this.#known(table),
        isRead: true,
        ask: async () => await this.#ofWritten(table),
      })),
      ...[...registry.unopened(), ...attached].map((entry) => ({
        known: unknown(entry),
        isRead: false,
        ask: async () => await this.get(entry.name),
      })),
    ];
    return [...(await this.#bounded.of(asked)), ...queryable.systemTables().map(ofSystem)];
  }

  async get(name: string): Promise<TableFacts> {
    const { registry, queryable, catalog } = this.#context;
    const table = await registry.find(name);
    if (table !== undefined) return await this.#ofWritten(table);
    const entry = catalog.table(name);
    if (entry?.kind === 'attached') return await this.#ofAttached(entry.name);
    if (entry !== undefined && isRemotePath(entry.path)) throw goneTable(entry);
    const system = queryable.systemTables().find((known) => known.name === name.toLowerCase());
    if (system !== undefined) return ofSystem(system);
    throw notFound('table', name, queryable.names());
  }

  /** Makes what lies at `path` a table, read only. */
  async attach({ name, path, storage_options: given = {} }: AttachRequest): Promise<TableFacts> {
    const { queryable, catalog, baseDirectory } = this.#context;
    checkTableName(name);
    if (queryable.names().some((known) => known.toLowerCase() === name.toLowerCase())) {
      throw new HeliosError('already_exists', `A table named ${name} exists.`, {
        hint: 'Choose another name, or detach that one first.',
      });
    }
    const absolute = resolvePath(path, baseDirectory);
    const storageOptions = givenStorageOptions(given, absolute);
    const entry: TableEntry = { name, path: absolute, storageOptions, kind: 'attached' };
    (await queryable.pinAttached(entry)).release();
    catalog.addTable(entry);
    return await this.#ofAttached(name);
  }

  /** Forgets the name; the files stay where they are. */
  async detach(name: string): Promise<void> {
    const { catalog, registry, queryable } = this.#context;
    const entry = catalog.table(name);
    if (entry === undefined) throw notFound('table', name, queryable.names());
    const feeders = registry.written(name)?.feeders.size ?? 0;
    if (feeders > 0) {
      throw new HeliosError('not_allowed', `${entry.name} is written by a pipeline.`, {
        hint: 'Delete the pipeline first; the table stays.',
      });
    }
    registry.close(name);
    queryable.forget(entry);
    catalog.deleteTable(name);
  }

  async #ofWritten(table: WrittenTable): Promise<TableFacts> {
    await committed(table).refresh();
    return this.#known(table);
  }

  /** By the newest version that was read. */
  #known(table: WrittenTable): TableFacts {
    const snapshot = committed(table).snapshot();
    let hotRows = 0;
    let newestAtMs = 0;
    for (const { live } of table.feeders) {
      const rolled = snapshot.transactions.get(live.id)?.version ?? -1;
      const hot = live.parts.filter((part) => part.lastEpoch > rolled);
      hotRows += hot.reduce((sum, part) => sum + part.rowCount, 0);
      newestAtMs = Math.max(newestAtMs, live.newestAtMs);
    }
    const coldRows = snapshot.files.reduce((sum, file) => sum + (file.rowCount ?? 0), 0);
    return {
      name: table.entry.name,
      kind: this.#kindOf(table),
      path: table.entry.path,
      schema: viewSchema(table),
      version: snapshot.version,
      files: snapshot.files.length,
      // Hot rows of a table that is kept current are there in place of others.
      rows: keysOf(table.feeders) === undefined ? coldRows + hotRows : coldRows,
      bytes: snapshot.files.reduce((sum, file) => sum + file.byteLength, 0),
      hotRows,
      newestEventMs: newestAtMs === 0 ? undefined : newestAtMs,
      rejectedCount: this.#context.rejectedOf(table.entry.name),
    };
  }

  #kindOf(table: WrittenTable): TableFacts['kind'] {
    if ('files' in table) return 'files';
    return isView(table.entry, this.#context.views) ? 'materialized_view' : 'delta';
  }

  async #ofAttached(name: string): Promise<TableFacts> {
    const { queryable, catalog } = this.#context;
    const [view] = await queryable.pin([name]);
    if (view === undefined) throw notFound('table', name, queryable.names());
    view.release();
    return {
      ...nothing,
      name,
      kind: 'attached',
      path: catalog.table(name)?.path,
      schema: view.schema,
      version: view.version,
      files: view.files.length,
    };
  }
}

/** Rows of `helios.files`. */
export function fileRows(registry: TableRegistry): readonly SystemRow[] {
  return registry.allWritten().flatMap((table) => {
    const snapshot = committed(table).snapshot();
    const cold = snapshot.files.map((file) => ({
      table_name: table.entry.name,
      path: file.path,
      is_hot: false,
      rows: file.rowCount ?? null,
      bytes: file.byteLength,
      partition_values: JSON.stringify(file.partitionValues),
    }));
    const hot = [...table.feeders].flatMap(({ live }) => {
      const rolled = snapshot.transactions.get(live.id)?.version ?? -1;
      return live.parts
        .filter((part) => part.lastEpoch > rolled)
        .map((part) => ({
          table_name: table.entry.name,
          path: part.name,
          is_hot: true,
          rows: part.rowCount,
          bytes: part.byteLength,
          partition_values: '{}',
        }));
    });
    return [...cold, ...hot];
  });
}

function ofSystem({ name, schema, rows }: SystemTable): TableFacts {
  return { ...nothing, name, kind: 'system', path: undefined, schema, rows: rows().length };
}

/** What is known of a table that was never read. */
function unknown({ name, path, kind }: TableEntry): TableFacts {
  return { ...nothing, name, kind, path, schema: [] };
}

const nothing = {
  version: undefined,
  files: 0,
  rows: 0,
  bytes: 0,
  hotRows: 0,
  newestEventMs: undefined,
  rejectedCount: 0,
} as const;

function checkTableName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return;
  throw new HeliosError(
    'invalid_name',
    `${JSON.stringify(name.slice(0, 200))} can't be a table's name.`,
    {
      hint: 'Use letters, digits and _, beginning with a letter or _, at most 128 characters.',
    },
  );
}

function goneTable({ name, path }: TableEntry): HeliosError {
  return new HeliosError('not_found', `${name} is gone: there is no table at ${path}.`, {
    hint: `Put it back, or make Helios forget it: helios table detach ${name}.`,
  });
}
