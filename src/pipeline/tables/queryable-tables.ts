import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog, TableEntry } from '../../catalog/catalog.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Schema } from '../../event/schema.ts';
import type { PinnedView, TableSource, TableTime } from '../../catalog/view.ts';
import { AttachedFolder } from '../attached/attached-folder.ts';
import { type ForeignTable, pinForeign, pinTable, viewSchema } from './pinned-views.ts';
import { PastVersions } from './past-versions.ts';
import { pinSystemTable, type SystemTable } from './system-tables.ts';
import type { TableRegistry } from './table-registry.ts';

export type QueryableContext = {
  readonly registry: TableRegistry;
  readonly catalog: Catalog;
  readonly engine: Engine;
  /** Local folder for the rows of system tables while a query takes them. */
  readonly temporaryDirectory: string;
};

/**
 * Every table that SQL may name: pipelines' Delta tables, attached ones, and Helios's own facts.
 */
export class QueryableTables implements TableSource {
  readonly #context: QueryableContext;
  readonly #system = new Map<string, SystemTable>();
  /** By path and options. */
  readonly #foreign = new Map<string, ForeignTable>();
  readonly #folders = new Map<string, AttachedFolder>();
  /** Views made for one query, such as a tail's: name → how to pin it. */
  readonly #passing = new Map<
    string,
    { readonly schema: Schema; readonly pin: () => PinnedView }
  >();

  readonly #past = new PastVersions();
  /** Attached places that are read for their columns. */
  readonly #reading = new Map<string, Promise<Schema | undefined>>();

  constructor(context: QueryableContext) {
    this.#context = context;
  }

  addSystemTable(table: SystemTable): void {
    this.#system.set(table.name, table);
  }

  systemTables(): readonly SystemTable[] {
    return [...this.#system.values()];
  }

  /** Lets SQL name a view while `use` runs. */
  async withView<T>(
    view: { readonly schema: Schema; readonly pin: () => PinnedView },
    use: (name: string) => Promise<T>,
  ): Promise<T> {
    const name = `passing_${randomUUID().replaceAll('-', '')}`;
    this.#passing.set(name, view);
    try {
      return await use(name);
    } finally {
      this.#passing.delete(name);
    }
  }

  names(): readonly string[] {
    return [...this.tableNames(), ...this.#system.keys(), ...this.#passing.keys()];
  }

  /** Without system tables, and what is there for one query. */
  tableNames(): readonly string[] {
    const { registry } = this.#context;
    return [...registry.allWritten().map(({ entry }) => entry), ...registry.unopened()]
      .concat(this.#attached())
      .map(({ name }) => name);
  }

  async pin(names: readonly string[]): Promise<readonly PinnedView[]> {
    const views: PinnedView[] = [];
    try {
      for (const name of names) views.push(await this.#pin(name));
      return views;
    } catch (thrown) {
      for (const view of views) view.release();
      throw thrown;
    }
  }

  async pinAt(name: string, time: TableTime): Promise<PinnedView> {
    const known = await this.#context.registry.find(name);
    if (known !== undefined && 'delta' in known) {
      return await this.#past.pin(known.entry.name, known, time);
    }
    const entry = this.#attachedEntry(name);
    const foreign = entry && (await this.#openForeign(entry));
    if (foreign !== undefined) return await this.#past.pin(name, foreign, time);
    throw new HeliosError('unsupported_table', `${name} has no versions: it is no Delta table.`, {
      hint: 'Leave AT (…) out.',
    });
  }

  async schemaOf(name: string): Promise<Schema | undefined> {
    const table = this.#context.registry.written(name);
    if (table !== undefined) return viewSchema(table);
    const known = this.#system.get(name.toLowerCase()) ?? this.#passing.get(name);
    if (known !== undefined) return known.schema;
    const entry = this.#attachedEntry(name);
    if (entry === undefined) return undefined;
    // To list a folder for a completion would take too long.
    const place = placeOf(entry);
    const ofFolder = this.#folders.get(place)?.lastSchema;
    const last = ofFolder ?? this.#foreign.get(place)?.delta.snapshot().schema;
    return last ?? (await this.#readSchema(place, entry));
  }

  /** Pins what is attached, or is to be. */
  async pinAttached(entry: TableEntry): Promise<PinnedView> {
    const place = placeOf(entry);
    const known = await this.#folders.get(place)?.pin();
    if (known !== undefined) return { ...known, name: entry.name };
    this.#folders.delete(place);
    const foreign = await this.#openForeign(entry);
    if (foreign !== undefined) return await pinForeign(entry.name, foreign);
    const folder = this.#newFolder(entry);
    const view = await folder.pin();
    if (view === undefined) throw noCommits(entry.path);
    this.#folders.set(place, folder);
    return view;
  }

  /** Forgets what was attached. */
  forget(entry: TableEntry): void {
    this.#folders.delete(placeOf(entry));
    this.#foreign.delete(placeOf(entry));
  }

  async #pin(name: string): Promise<PinnedView> {
    const { registry } = this.#context;
    const table = await registry.find(name);
    if (table !== undefined) {
      return { ...(await pinTable(table)), unreadOf: registry.unread.of(table.entry.name) };
    }
    const passing = this.#passing.get(name);
    if (passing !== undefined) return { ...passing.pin(), name };
    const system = this.#system.get(name.toLowerCase());
    if (system !== undefined) return await this.#pinSystem(system);
    const entry = this.#attachedEntry(name);
    if (entry === undefined) throw new HeliosError('not_found', `There is no table ${name}.`);
    return await this.pinAttached(entry);
  }

  async #pinSystem(table: SystemTable): Promise<PinnedView> {
    const directory = this.#context.temporaryDirectory;
    const fileName = `${randomUUID()}.ndjson`;
    const view = await pinSystemTable(table, directory, fileName);
    return {
      ...view,
      release: () => {
        void rm(join(directory, fileName), { force: true });
      },
    };
  }

  /** Nothing where several others are being read already: it will be asked for again. */
  async #readSchema(place: string, entry: TableEntry): Promise<Schema | undefined> {
    const reading = this.#reading.get(place);
    if (reading !== undefined) return await reading;
    if (this.#reading.size >= readsMax) return undefined;
    const read = this.#schemaOfAttached(entry).finally(() => this.#reading.delete(place));
    this.#reading.set(place, read);
    return await read;
  }

  /** Nothing where it can't be reached now, or read: a query of it says why. */
  async #schemaOfAttached(entry: TableEntry): Promise<Schema | undefined> {
    try {
      const view = await this.pinAttached(entry);
      view.release();
      return view.schema;
    } catch (thrown) {
      if (thrown instanceof HeliosError) return undefined;
      throw thrown;
    }
  }

  #newFolder({ name, path, storageOptions = {} }: TableEntry): AttachedFolder {
    const { engine, temporaryDirectory, registry } = this.#context;
    return new AttachedFolder({
      ...{ name, path, engine },
      folder: join(temporaryDirectory, 'attached'),
      open: async (location) => await registry.openPlace(location, storageOptions),
    });
  }

  async #openForeign(entry: TableEntry): Promise<ForeignTable | undefined> {
    const { registry } = this.#context;
    const { path, storageOptions = {} } = entry;
    const place = placeOf(entry);
    const known = this.#foreign.get(place) ?? (await registry.openForeign(path, storageOptions));
    if (known !== undefined) this.#foreign.set(place, known);
    return known;
  }

  #attached(): readonly TableEntry[] {
    return this.#context.catalog.tables().filter((entry) => entry.kind === 'attached');
  }

  #attachedEntry(name: string): TableEntry | undefined {
    const entry = this.#context.catalog.table(name);
    return entry?.kind === 'attached' ? entry : undefined;
  }
}

/** Attached tables that are read at the same time for nothing but their columns. */
const readsMax = 8;

function placeOf({ path, storageOptions = {} }: TableEntry): string {
  return JSON.stringify([path, storageOptions]);
}

function noCommits(path: string): HeliosError {
  return new HeliosError('unsupported_table', `${path} became a Delta table just now.`, {
    hint: 'Ask again.',
  });
}
