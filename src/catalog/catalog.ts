import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { didYouMean } from '../base/did-you-mean.ts';
import { HeliosError } from '../base/errors.ts';
import type { Connection } from '../connection/connection.ts';
import type { EpochMs } from '../event/record.ts';
import { AccessEntries } from './access-entries.ts';
import { type CatalogContent, contentOf } from './catalog-content.ts';
import { prepareSchema } from './catalog-schema.ts';

/**
 * What a pipeline should be: `paused` reads nothing and keeps its hot rows; `finished` is one whose
 * sources all ended.
 */
export type WantedState = 'running' | 'paused' | 'stopped' | 'finished';

/** A pipeline as its owner defined it, and whether it should run. */
export type PipelineDefinition = {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  /** Relative paths in the SQL start here: where the command was typed. Absolute. */
  readonly baseDirectory: string;
  readonly wanted: WantedState;
  readonly createdAtMs: EpochMs;
  /** Counts the edits of the SQL, from 1. */
  readonly revision: number;
};

/** A table that SQL can name. */
export type TableEntry = {
  readonly name: string;
  /** Absolute, or the URL of a place in an object store. */
  readonly path: string;
  /** How to reach the store; secrets as references. */
  readonly storageOptions?: Readonly<Record<string, string>> | undefined;
  /**
   * `delta`: written by pipelines here, a Delta table or raw files. `attached`: somebody else's,
   * read only.
   */
  readonly kind: 'delta' | 'attached';
};

/** A stream that a topic keeps. */
export type StreamEntry = {
  readonly id: string;
  readonly name: string;
  /** The name of a stored connection. */
  readonly connection: string;
  readonly topic: string;
  readonly createdAtMs: EpochMs;
};

/** What people keep besides: saved queries and dashboards. */
export type DocumentKind = 'query' | 'dashboard';

/** A document, whose content its owner understands. */
export type DocumentEntry = {
  readonly kind: DocumentKind;
  /** With `/` between folders and the name. */
  readonly path: string;
  /** JSON. */
  readonly content: string;
  readonly changedAtMs: EpochMs;
};

/** A rule that watches pipelines, whose content its owner understands. */
export type AlertEntry = {
  readonly name: string;
  /** JSON. */
  readonly content: string;
  /** What it has found and told, as JSON. */
  readonly crossings: string;
  readonly changedAtMs: EpochMs;
};

/**
 * What exists: pipelines, tables, connections, streams of brokers, documents and alerts. Every
 * change is durable when its method returns. Paths inside of the catalog's folder are stored
 * relative to it, so that the folder can be moved.
 */
export class Catalog {
  /** Who may do what. */
  readonly access: AccessEntries;
  readonly #root: string;
  readonly #database: DatabaseSync;

  /** `path` is absolute. */
  constructor(path: string) {
    this.#root = dirname(path);
    this.#database = new DatabaseSync(path);
    prepareSchema(this.#database, path);
    this.access = new AccessEntries(this.#database);
  }

  pipelines(): readonly PipelineDefinition[] {
    return this.#database
      .prepare('SELECT * FROM pipelines ORDER BY created_at_ms, name')
      .all()
      .map((row) => this.#toPipeline(row));
  }

  /** `not_found`, with the nearest name, when there is none. */
  pipeline(name: string): PipelineDefinition {
    const row = this.#database.prepare('SELECT * FROM pipelines WHERE name = ?').get(name);
    if (row !== undefined) return this.#toPipeline(row);
    const names = this.pipelines().map((pipeline) => pipeline.name);
    throw notFound('pipeline', name, names);
  }

  /** `already_exists` when the name is taken. */
  checkPipelineName(name: string): void {
    const taken = this.#database.prepare('SELECT name FROM pipelines WHERE name = ?').get(name);
    if (taken === undefined) return;
    throw new HeliosError('already_exists', `A pipeline named ${name} exists.`, {
      hint: 'Choose another name, or edit that one.',
    });
  }

  /** `already_exists` when the name is taken. */
  addPipeline(definition: PipelineDefinition): void {
    this.checkPipelineName(definition.name);
    this.#database
      .prepare('INSERT INTO pipelines VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(
        definition.id,
        definition.name,
        definition.sql,
        this.#storedBase(definition.baseDirectory),
        definition.wanted,
        definition.createdAtMs,
        definition.revision,
      );
  }

  setWanted(id: string, wanted: PipelineDefinition['wanted']): void {
    this.#database.prepare('UPDATE pipelines SET wanted = ? WHERE id = ?').run(wanted, id);
  }

  /** Replaces the SQL and counts the revision up. */
  setSql(id: string, sql: string): void {
    this.#database
      .prepare('UPDATE pipelines SET sql = ?, revision = revision + 1 WHERE id = ?')
      .run(sql, id);
  }

  deletePipeline(id: string): void {
    this.#database.prepare('DELETE FROM pipelines WHERE id = ?').run(id);
  }

  tables(): readonly TableEntry[] {
    const rows = this.#database.prepare('SELECT * FROM tables ORDER BY name').all();
    return rows.map((row) => this.#toTable(row));
  }

  table(name: string): TableEntry | undefined {
    const row = this.#database.prepare('SELECT * FROM tables WHERE name = ?').get(name);
    return row === undefined ? undefined : this.#toTable(row);
  }

  /** `conflict` when the name stands for another path or kind. */
  checkTable(entry: TableEntry): void {
    const known = this.table(entry.name);
    if (known === undefined || (known.path === entry.path && known.kind === entry.kind)) return;
    throw new HeliosError(
      'conflict',
      `A table named ${known.name} exists at ${known.path}; it can't also be at ${entry.path}.`,
      { hint: `Use another table name, or detach it first: helios table detach ${known.name}.` },
    );
  }

  /** Registers a table; one that is there already is fine when it is the same. */
  addTable(entry: TableEntry): void {
    this.checkTable(entry);
    this.#database
      .prepare(
        `INSERT INTO tables VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET storage_options = excluded.storage_options`,
      )
      .run(
        entry.name,
        this.#stored(entry.path),
        entry.kind,
        JSON.stringify(entry.storageOptions ?? {}),
      );
  }

  deleteTable(name: string): void {
    this.#database.prepare('DELETE FROM tables WHERE name = ?').run(name);
  }

  connections(): readonly Connection[] {
    const rows = this.#database.prepare('SELECT * FROM connections ORDER BY name').all();
    return rows.map(toConnection);
  }

  /** `already_exists` when the name is taken. */
  addConnection(connection: Connection): void {
    const { name, kind, options, createdAtMs } = connection;
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO connections VALUES (?, ?, ?, ?)')
      .run(name, kind, JSON.stringify(options), createdAtMs);
    if (changes === 1) return;
    throw new HeliosError('already_exists', `A connection named ${name} exists.`, {
      hint: `Choose another name, or delete it first: helios connection delete ${name}.`,
    });
  }

  deleteConnection(name: string): void {
    this.#database.prepare('DELETE FROM connections WHERE name = ?').run(name);
  }

  streams(): readonly StreamEntry[] {
    return this.#database.prepare('SELECT * FROM streams ORDER BY name').all().map(toStream);
  }

  /** `already_exists` when the name is taken. */
  addStream({ id, name, connection, topic, createdAtMs }: StreamEntry): void {
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO streams VALUES (?, ?, ?, ?, ?)')
      .run(id, name, connection, topic, createdAtMs);
    if (changes === 1) return;
    throw new HeliosError('already_exists', `The stream "${name}" exists already.`, {
      hint: 'Use it, or choose another name.',
    });
  }

  deleteStream(name: string): void {
    this.#database.prepare('DELETE FROM streams WHERE name = ?').run(name);
  }

  documents(kind: DocumentKind): readonly DocumentEntry[] {
    return this.#database
      .prepare('SELECT * FROM documents WHERE kind = ? ORDER BY path')
      .all(kind)
      .map(toDocument);
  }

  document(kind: DocumentKind, path: string): DocumentEntry | undefined {
    const row = this.#database
      .prepare('SELECT * FROM documents WHERE kind = ? AND path = ?')
      .get(kind, path);
    return row === undefined ? undefined : toDocument(row);
  }

  /** Adds a document, or replaces the one of its path. */
  putDocument({ kind, path, content, changedAtMs }: DocumentEntry): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)')
      .run(kind, path, content, changedAtMs);
  }

  /** There must be none at `to`, unless it is the same one in other letters' case. */
  moveDocument(kind: DocumentKind, path: string, to: string): void {
    this.#database
      .prepare('UPDATE documents SET path = ? WHERE kind = ? AND path = ?')
      .run(to, kind, path);
  }

  deleteDocument(kind: DocumentKind, path: string): void {
    this.#database.prepare('DELETE FROM documents WHERE kind = ? AND path = ?').run(kind, path);
  }

  alerts(): readonly AlertEntry[] {
    return this.#database.prepare('SELECT * FROM alerts ORDER BY name').all().map(toAlert);
  }

  /** Adds an alert, or replaces the one of its name. */
  putAlert({ name, content, crossings, changedAtMs }: AlertEntry): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?)')
      .run(name, content, crossings, changedAtMs);
  }

  setAlertCrossings(name: string, crossings: string): void {
    this.#database.prepare('UPDATE alerts SET crossings = ? WHERE name = ?').run(crossings, name);
  }

  deleteAlert(name: string): void {
    this.#database.prepare('DELETE FROM alerts WHERE name = ?').run(name);
  }

  /** All of it, as it is stored. */
  content(): CatalogContent {
    return contentOf(this.#database);
  }

  close(): void {
    this.#database.close();
  }

  /** A folder that the catalog's folder lies in moves with it: `./helios-data/…` stays inside. */
  #storedBase(path: string): string {
    const above = relative(this.#root, path);
    return /^\.\.(?:\/\.\.)*$/.test(above) ? above : this.#stored(path);
  }

  #stored(path: string): string {
    if (isUrl(path)) return path;
    const inside = relative(this.#root, path);
    const isOutside = inside === '..' || inside.startsWith('../') || isAbsolute(inside);
    return isOutside ? path : inside;
  }

  #toPipeline(row: SqliteRow): PipelineDefinition {
    const definition = toPipeline(row);
    return { ...definition, baseDirectory: resolve(this.#root, definition.baseDirectory) };
  }

  #toTable(row: SqliteRow): TableEntry {
    const entry = toTable(row);
    return isUrl(entry.path) ? entry : { ...entry, path: resolve(this.#root, entry.path) };
  }
}

/** `s3://…`, `s3::https://…`: a path on this machine that looks so has no two slashes. */
function isUrl(path: string): boolean {
  return /^[a-z\d]+:(?::[a-z]+:)?\/\//.test(path);
}

/** As many names as a person reads. */
const namesShown = 10;

/** The 404 of a name, with the nearest one that exists. */
export function notFound(what: string, name: string, known: readonly string[]): HeliosError {
  const near = didYouMean(name, known);
  const some = known.slice(0, namesShown).join(', ');
  const list = known.length === 0 ? 'There is none yet.' : `There are: ${some}.`;
  return new HeliosError('not_found', `There is no ${what} named ${name}.`, {
    hint: near === undefined ? list : `Did you mean ${near}?`,
  });
}

type SqliteRow = Record<string, unknown>;

function toPipeline(row: SqliteRow): PipelineDefinition {
  return {
    id: String(row['id']),
    name: String(row['name']),
    sql: String(row['sql']),
    baseDirectory: String(row['base_directory']),
    wanted: toWanted(row['wanted']),
    createdAtMs: Number(row['created_at_ms']),
    revision: Number(row['revision']),
  };
}

function toWanted(value: unknown): WantedState {
  const isKnown = value === 'running' || value === 'paused' || value === 'finished';
  return isKnown ? value : 'stopped';
}

function toTable(row: SqliteRow): TableEntry {
  return {
    name: String(row['name']),
    path: String(row['path']),
    storageOptions: JSON.parse(String(row['storage_options'])) as TableEntry['storageOptions'],
    kind: row['kind'] === 'attached' ? 'attached' : 'delta',
  };
}

function toStream(row: SqliteRow): StreamEntry {
  return {
    id: String(row['id']),
    name: String(row['name']),
    connection: String(row['connection']),
    topic: String(row['topic']),
    createdAtMs: Number(row['created_at_ms']),
  };
}

function toDocument(row: SqliteRow): DocumentEntry {
  return {
    kind: row['kind'] === 'dashboard' ? 'dashboard' : 'query',
    path: String(row['path']),
    content: String(row['content']),
    changedAtMs: Number(row['changed_at_ms']),
  };
}

function toAlert(row: SqliteRow): AlertEntry {
  return {
    name: String(row['name']),
    content: String(row['content']),
    crossings: String(row['crossings']),
    changedAtMs: Number(row['changed_at_ms']),
  };
}

function toConnection(row: SqliteRow): Connection {
  const options = JSON.parse(String(row['options'])) as Readonly<Record<string, string>>;
  return {
    name: String(row['name']),
    kind: row['kind'] === 'kinesis' ? 'kinesis' : 'kafka',
    options,
    createdAtMs: Number(row['created_at_ms']),
  };
}
