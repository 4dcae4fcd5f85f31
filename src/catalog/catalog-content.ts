import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { HeliosError } from '../base/errors.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** Everything that a catalog holds, as plain JSON: each table as it was made, with all its rows. */
export type CatalogContent = {
  /** SQLite's `user_version`: a newer Helios brings it up to date when it opens the catalog. */
  readonly version: number;
  readonly tables: readonly {
    readonly name: string;
    readonly sql: string;
    readonly rows: readonly Row[];
  }[];
};

/** All of the database, in the order it was written. */
export function contentOf(database: DatabaseSync): CatalogContent {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  const tables = database
    .prepare(
      `SELECT name, sql FROM sqlite_schema
       WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .all()
    .map((row) => {
      const name = String(row['name']);
      const rows = database.prepare(`SELECT * FROM ${quoted(name)} ORDER BY rowid`).all();
      return { name, sql: String(row['sql']), rows: rows.map((one) => plainRow(name, one)) };
    });
  return { version, tables };
}

/** Makes the database that `content` is of, in a file that isn't there yet; whole or not at all. */
export function writeCatalog(path: string, content: CatalogContent): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;');
    for (const { name, sql, rows } of content.tables) {
      database.exec(sql);
      for (const row of rows) insert(database, name, row);
    }
    database.exec(`PRAGMA user_version = ${Math.trunc(content.version)}; COMMIT;`);
  } finally {
    database.close();
  }
}

/** Reads stored content; `corrupt_data` naming `place` when it is none. */
export function decodeCatalog(bytes: Uint8Array, place: string): CatalogContent {
  const corrupt = (reason: string): HeliosError =>
    new HeliosError('corrupt_data', `The catalog ${place} can't be read: ${reason}.`, {
      hint: 'Restore the object from a version of the bucket.',
    });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (thrown) {
    throw corrupt(String(thrown));
  }
  const content = value as Partial<CatalogContent> | null;
  const isWhole = typeof content?.version === 'number' && Array.isArray(content.tables);
  if (!isWhole) throw corrupt('it is no catalog');
  return value as CatalogContent;
}

function insert(database: DatabaseSync, table: string, row: Row): void {
  const columns = Object.keys(row).map(quoted).join(', ');
  const values: readonly SQLInputValue[] = Object.values(row);
  const places = values.map(() => '?').join(', ');
  database.prepare(`INSERT INTO ${quoted(table)} (${columns}) VALUES (${places})`).run(...values);
}

function plainRow(table: string, row: Readonly<Record<string, unknown>>): Row {
  const entries = Object.entries(row).map(([column, value]) => {
    const isPlain = value === null || typeof value === 'string' || typeof value === 'number';
    if (!isPlain)
      throw new HeliosError('internal', `${table}.${column} of the catalog is no JSON.`);
    return [column, value] as const;
  });
  return Object.fromEntries(entries);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
