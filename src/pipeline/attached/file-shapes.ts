import { HeliosError } from '../../base/errors.ts';
import type { Connection, Engine, ResultColumn } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { csvShape } from './csv-shape.ts';
import type { FolderFile } from './folder-listing.ts';
import { jsonShape } from './json-shape.ts';
import { type StandIn, StandIns } from './stand-ins.ts';

/** What a file holds and how it is read: one object for all files that are alike. */
export type FileShape = {
  /** With DuckDB's types; `noValue` where nothing but NULL was seen. */
  readonly columns: readonly ResultColumn[];
  /** As in `AttachedReading`. */
  readonly options: string;
};

/** DuckDB's type of a column that has no values, which may become any. */
export const noValue = '"NULL"';

export type ShapesContext = {
  readonly engine: Engine;
  /** A local folder for what stands in for objects of a store. */
  readonly folder: string;
};

/** Objects of a store that are asked about at the same time. */
const asksMax = 16;

/** Files of which DuckDB looks at the footers in one statement. */
const footersAtOnce = 256;

/** Looks into the files of one folder, into each once while it stays as it is. */
export class FileShapes {
  readonly #context: ShapesContext;
  readonly #standIns: StandIns;
  /** Name, length, time and tag → shape. */
  #known: ReadonlyMap<string, FileShape> = new Map();
  /** What is written in a footer, or of what was seen in a text → shape. */
  readonly #shapes = new Map<string, FileShape>();

  constructor(context: ShapesContext) {
    this.#context = context;
    this.#standIns = new StandIns(context.folder);
  }

  /** Of each file; `unsupported_table`, with its name, for one that can't be read. */
  async of(storage: Storage, files: readonly FolderFile[]): Promise<readonly FileShape[]> {
    const known = new Map(this.#known);
    const fresh = files.filter((file) => !known.has(keyOf(file)));
    await using connection = await this.#context.engine.connect();
    const some = fresh[0]?.format === 'parquet' ? footersAtOnce : asksMax;
    for (let start = 0; start < fresh.length; start += some) {
      const batch = fresh.slice(start, start + some);
      const shapes = await this.#look(connection, storage, batch);
      for (const [index, file] of batch.entries()) {
        const shape = shapes[index];
        if (shape !== undefined) known.set(keyOf(file), shape);
      }
      // What was found is kept whatever becomes of the rest.
      this.#known = new Map(known);
    }
    const now = new Map(files.map((file) => [keyOf(file), known.get(keyOf(file)) ?? noShape]));
    this.#known = now;
    return files.map((file) => now.get(keyOf(file)) ?? noShape);
  }

  async #look(
    connection: Connection,
    storage: Storage,
    files: readonly FolderFile[],
  ): Promise<readonly FileShape[]> {
    const standIns = await this.#standInsOf(storage, files);
    try {
      if (files[0]?.format === 'parquet') {
        return await this.#parquetShapes(connection, { storage, files, standIns });
      }
      const shapes: FileShape[] = [];
      for (const [index, file] of files.entries()) {
        const standIn = standIns[index];
        if (standIn === undefined) continue;
        shapes.push(this.#shared(await this.#textShape(connection, { storage, file, standIn })));
      }
      return shapes;
    } finally {
      await Promise.all(standIns.map(async ({ release }) => await release()));
    }
  }

  async #standInsOf(storage: Storage, files: readonly FolderFile[]): Promise<readonly StandIn[]> {
    const made: StandIn[] = [];
    for (let start = 0; start < files.length; start += asksMax) {
      const batch = files.slice(start, start + asksMax);
      const asked = await Promise.allSettled(
        batch.map(async (file) => await this.#standIns.of(storage, file)),
      );
      made.push(...asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      const failed = asked.find((one) => one.status === 'rejected');
      if (failed === undefined) continue;
      await Promise.all(made.map(async ({ release }) => await release()));
      throw failed.reason;
    }
    return made;
  }

  /** DuckDB is asked for the columns of one file of each kind of footer. */
  async #parquetShapes(
    connection: Connection,
    { storage, files, standIns }: Looked,
  ): Promise<readonly FileShape[]> {
    const paths = standIns.map(({ path }) => path);
    const footers = await this.#footers(connection, { storage, files, standIns });
    const shapes: FileShape[] = [];
    for (const [index, path] of paths.entries()) {
      const footer = footers.get(path) ?? '';
      const shape = this.#shapes.get(footer) ?? {
        columns: await this.#named(storage, files[index], async () =>
          describeFile(connection, path),
        ),
        options: '',
      };
      this.#shapes.set(footer, shape);
      shapes.push(shape);
    }
    return shapes;
  }

  async #footers(
    connection: Connection,
    { storage, files, standIns }: Looked,
  ): Promise<ReadonlyMap<string, string>> {
    const paths = standIns.map(({ path }) => path);
    try {
      return await readFooters(connection, paths);
    } catch (thrown) {
      // One of them is no good: which one, each by itself tells.
      for (const [index, path] of paths.entries()) {
        await this.#named(storage, files[index], async () => await readFooters(connection, [path]));
      }
      throw thrown;
    }
  }

  /** The beginning may end within a value: then the whole file tells. */
  async #textShape(
    connection: Connection,
    { storage, file, standIn }: LookedAt,
  ): Promise<FileShape> {
    const look = file.format === 'csv' ? csvShape : jsonShape;
    if (standIn.isWhole) {
      return await this.#named(storage, file, async () => await look(connection, standIn.path));
    }
    try {
      return await look(connection, standIn.path);
    } catch {
      const whole = await this.#standIns.whole(storage, file);
      try {
        return await this.#named(storage, file, async () => await look(connection, whole.path));
      } finally {
        await whole.release();
      }
    }
  }

  #shared(shape: FileShape): FileShape {
    const key = JSON.stringify(shape);
    const known = this.#shapes.get(key) ?? shape;
    this.#shapes.set(key, known);
    return known;
  }

  async #named<T>(
    storage: Storage,
    file: FolderFile | undefined,
    look: () => Promise<T>,
  ): Promise<T> {
    try {
      return await look();
    } catch (thrown) {
      throw unreadable(`${storage.location}/${file?.path ?? ''}`, file?.format, thrown);
    }
  }
}

type Looked = {
  readonly storage: Storage;
  readonly files: readonly FolderFile[];
  readonly standIns: readonly StandIn[];
};

type LookedAt = {
  readonly storage: Storage;
  readonly file: FolderFile;
  readonly standIn: StandIn;
};

const noShape: FileShape = { columns: [], options: '' };

function keyOf({ path, byteLength, modifiedAtMs, tag = '' }: FolderFile): string {
  return [path, byteLength, modifiedAtMs, tag].join('\0');
}

/** Of each file, what in its footer decides about columns and types. */
async function readFooters(
  connection: Connection,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.rows(`
    SELECT file_name, md5(string_agg(concat_ws('|', name, type, type_length, repetition_type,
      num_children, converted_type, scale, precision, logical_type, duckdb_type), chr(0)
      ORDER BY column_id)) AS footer
    FROM parquet_schema([${paths.map(quoteText).join(', ')}]) WHERE column_id > 0
    GROUP BY file_name`);
  return new Map(rows.map((row) => [String(row['file_name']), String(row['footer'])]));
}

async function describeFile(
  connection: Connection,
  path: string,
): Promise<readonly ResultColumn[]> {
  const rows = await connection.rows(
    `DESCRIBE SELECT * FROM read_parquet(${quoteText(path)}, hive_partitioning => false)`,
  );
  return rows.map((row) => ({
    name: String(row['column_name']),
    typeText: String(row['column_type']),
  }));
}

function unreadable(url: string, format: string | undefined, thrown: unknown): HeliosError {
  const names = { parquet: 'Parquet', csv: 'CSV', json: 'JSON' };
  const name = format === 'csv' || format === 'json' ? names[format] : names.parquet;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  // The file may have another name where it was looked at.
  const why = (text.split('\n')[0] ?? '').replaceAll(/(?:file )?["']\/[^"']*["']/g, 'the file');
  return new HeliosError('unsupported_table', `${url} can't be read as ${name}: ${why}`, {
    hint: 'Correct or remove the file, or see that this user may read it.',
    cause: thrown,
  });
}
