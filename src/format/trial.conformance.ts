import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asHeliosError, HeliosError } from '../base/errors.ts';
import { type Connection, Engine, type Row } from '../engine/engine.ts';
import { parseDuckdbType } from '../engine/types.ts';
import { position, type Batch } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { RecordFormat, SourceTable } from '../sql/script.ts';
import { createDecoder } from './create-decoder.ts';
import { isBadRecordError, type Decoder } from './format.ts';

type TableOptions = {
  readonly format?: RecordFormat;
  readonly lineBytesMax?: number | undefined;
};

export const typedJson: Extract<RecordFormat, { readonly kind: 'json' }> = {
  kind: 'json',
  isUnstructured: false,
  timestampFormat: 'rfc3339',
  usesRegistry: false,
  includesSchema: false,
};

/**
 * A source table with these columns: name → DuckDB type, with ` NOT NULL` behind it where it
 * applies.
 */
export function tableOf(
  columns: Readonly<Record<string, string>>,
  { format = typedJson, lineBytesMax }: TableOptions = {},
): SourceTable {
  return {
    name: 'events',
    position: { line: 1, column: 1, length: 1 },
    connector: { kind: 'http', stream: 'events', offset: 'earliest' },
    format,
    badData: 'quarantine',
    lineBytesMax,
    columns: Object.entries(columns).map(([name, type]) => ({
      name,
      type: parseDuckdbType(type.replace(' NOT NULL', '')),
      isNotNull: type.endsWith(' NOT NULL'),
      isPrimaryKey: false,
      origin: { kind: 'field' },
    })),
    watermark: undefined,
  };
}

/** What both paths made of a file of records. */
export type Decoded = {
  /** Rows of the fast path, or the message of its failure on a record. */
  readonly fast: readonly Row[] | string;
  /** Rows of the slow path. */
  readonly rows: readonly Row[];
  readonly rejected: readonly RejectedRecord[];
};

/** An engine and a folder for one test file. */
export class Trial implements AsyncDisposable {
  readonly directory: string;
  readonly connection: Connection;
  readonly #engine: Engine;

  private constructor(directory: string, engine: Engine, connection: Connection) {
    this.directory = directory;
    this.#engine = engine;
    this.connection = connection;
  }

  static async open(): Promise<Trial> {
    const directory = await mkdtemp(join(tmpdir(), 'helios-format-'));
    const memoryBytes = 2 * 1024 ** 3;
    const engine = await Engine.open({ threads: 2, memoryBytes, tempDirectory: directory });
    return new Trial(directory, engine, await engine.connect());
  }

  /** A batch whose positions are its bytes' offsets. */
  async batch(bytes: string | Uint8Array): Promise<Batch> {
    const path = join(this.directory, `${randomUUID()}.lines`);
    await writeFile(path, bytes);
    return {
      partition: '0',
      from: undefined,
      to: position(String(Buffer.byteLength(bytes))),
      content: { kind: 'lines', path, byteLength: Buffer.byteLength(bytes) },
      arrivedAtMs: 1,
      positionAt: (byteOffset) => position(String(byteOffset)),
      release: async () => await rm(path, { force: true }),
    };
  }

  async fast(decoder: Decoder, batch: Batch): Promise<readonly Row[] | string> {
    try {
      return await this.connection.rows(decoder.fast([batch.content.path]));
    } catch (thrown) {
      const error = asHeliosError(thrown);
      if (!isBadRecordError(error)) throw error;
      return error.message;
    }
  }

  /** As `fast`, again as long as the decoder finds another way to read. */
  async adapted(decoder: Decoder, batch: Batch): Promise<readonly Row[] | string> {
    for (;;) {
      const rows = await this.fast(decoder, batch);
      if (typeof rows !== 'string') return rows;
      if (decoder.adapt?.(new HeliosError('query_failed', rows)) !== true) return rows;
    }
  }

  /** Both paths over the same records. */
  async decode(table: SourceTable | Decoder, bytes: string | Uint8Array): Promise<Decoded> {
    const decoder = 'fast' in table ? table : createDecoder(table);
    const batch = await this.batch(bytes);
    const fast = await this.fast(decoder, batch);
    const context = { source: 'events', nowMs: 7, scratchDirectory: this.directory };
    const isolated = await decoder.isolate(this.connection, batch, context);
    const numbered = await this.connection.rows(`FROM (${isolated.sql}) ORDER BY __row`);
    const rows = numbered.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => name !== '__row')),
    );
    const rejected = [...isolated.rejected];
    await isolated.release();
    await batch.release();
    return { fast, rows, rejected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    this.#engine.close();
    await rm(this.directory, { recursive: true });
  }
}
