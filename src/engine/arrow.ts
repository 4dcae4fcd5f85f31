import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import type { Schema } from '../event/schema.ts';
import { arrowBatch, arrowSchema } from './arrow-column.ts';

/**
 * Writes rows as an Arrow IPC stream to an open file or pipe, a column of a chunk at a time; gives
 * the number of rows. Types beyond Helios's own must have been cast away.
 */
export async function writeArrow(
  file: number,
  columns: Schema,
  chunks: AsyncIterable<DuckDBDataChunk>,
): Promise<number> {
  const output = new Output(file);
  const writer = new arrow.RecordBatchStreamWriter();
  const schema = arrowSchema(columns);
  writer.reset(output.queue, schema);
  let rowCount = 0;
  for await (const chunk of chunks) {
    writer.write(arrowBatch(schema, columns, chunk));
    rowCount += chunk.rowCount;
    await output.flush();
  }
  writer.finish();
  await output.flush();
  return rowCount;
}

/** Arrow's own queue has no limit; here each batch is written before the next is made. */
class Output {
  readonly #file: number;
  readonly queue = new arrow.AsyncByteQueue();
  #pending: Uint8Array[] = [];

  constructor(file: number) {
    this.#file = file;
    this.queue.write = (bytes: unknown) => {
      if (bytes instanceof Uint8Array) this.#pending.push(bytes);
    };
  }

  async flush(): Promise<void> {
    let bytes: Uint8Array = Buffer.concat(this.#pending);
    this.#pending = [];
    while (bytes.byteLength > 0) {
      const { bytesWritten } = await writeSome(this.#file, bytes);
      bytes = bytes.subarray(bytesWritten);
    }
  }
}

const writeSome = promisify(write);
