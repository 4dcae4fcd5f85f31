import type { DatabaseSync } from 'node:sqlite';
import { HeliosError } from '../base/errors.ts';
import { accessTables } from './access-entries.ts';

/**
 * Counts the changes of the tables below, in SQLite's `user_version`. A new table is none: it is
 * made where it is missing.
 */
const schemaVersion = 2;

const pipelinesTable = `
  CREATE TABLE IF NOT EXISTS pipelines (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    sql TEXT NOT NULL,
    base_directory TEXT NOT NULL,
    wanted TEXT NOT NULL CHECK (wanted IN ('running', 'paused', 'stopped', 'finished')),
    created_at_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
`;

const otherTables = `
  CREATE TABLE IF NOT EXISTS tables (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('delta', 'attached')),
    storage_options TEXT NOT NULL DEFAULT '{}'
  ) STRICT;
  CREATE TABLE IF NOT EXISTS connections (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('kafka', 'kinesis')),
    options TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS streams (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    connection TEXT NOT NULL COLLATE NOCASE,
    topic TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL CHECK (kind IN ('query', 'dashboard')),
    path TEXT NOT NULL COLLATE NOCASE,
    content TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, path)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS alerts (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    content TEXT NOT NULL,
    crossings TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL
  ) STRICT;
  ${accessTables}
`;

/** Version 0 knew two states that a pipeline could be wanted in. */
const fromVersion0 = `
  ALTER TABLE pipelines RENAME TO pipelines_before;
  ${pipelinesTable}
  INSERT INTO pipelines SELECT * FROM pipelines_before;
  DROP TABLE pipelines_before;
`;

/** Until version 1 all tables were on this machine. */
const fromVersion1 = `
  ALTER TABLE tables ADD COLUMN storage_options TEXT NOT NULL DEFAULT '{}';
`;

/**
 * Makes the tables of a catalog, or brings those of an older Helios up to date, as a whole or not
 * at all. `data_dir_unusable` for the catalog of a newer one.
 */
export function prepareSchema(database: DatabaseSync, path: string): void {
  try {
    prepare(database, path);
  } catch (thrown) {
    database.close();
    throw isDamage(thrown) ? damaged(path, thrown) : thrown;
  }
}

function prepare(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > schemaVersion) throw tooNew(path, version);
  if (version === schemaVersion) {
    database.exec(otherTables);
    return;
  }
  const isThere = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?');
  const has = (table: string): boolean => isThere.get(table) !== undefined;
  const changes = [
    !has('pipelines') ? pipelinesTable : version === 0 ? fromVersion0 : '',
    has('tables') ? fromVersion1 : '',
  ];
  database.exec(
    `BEGIN IMMEDIATE; ${changes.join('')} ${otherTables}
     PRAGMA user_version = ${schemaVersion}; COMMIT;`,
  );
}

function tooNew(path: string, version: number): HeliosError {
  return new HeliosError(
    'data_dir_unusable',
    `The catalog ${path} has version ${version}; this Helios knows up to ${schemaVersion}.`,
    { hint: 'It was made by a newer Helios: start that one, or give --data another folder.' },
  );
}

/** SQLite's `SQLITE_CORRUPT` and `SQLITE_NOTADB`. */
const damageCodes: readonly unknown[] = [11, 26];

function isDamage(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'errcode' in thrown && damageCodes.includes(thrown.errcode);
}

function damaged(path: string, cause: Error): HeliosError {
  return new HeliosError('corrupt_data', `The catalog ${path} is damaged: ${cause.message}.`, {
    hint: 'Restore the file from a copy. It says which pipelines and tables there are.',
    cause,
  });
}
