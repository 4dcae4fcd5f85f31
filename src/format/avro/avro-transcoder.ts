import { closeSync, openSync, readSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import type { SchemaRegistry } from '../../connection/registry/schema-registry.ts';
import type { Batch, RecordFault } from '../../event/record.ts';
import type { SourceTable } from '../../sql/script.ts';
import { type EnvelopeRecord, metadataText, readEnvelope } from '../envelope-record.ts';
import { RecordIndex } from '../record-index.ts';
import { AvroRows } from './avro-rows.ts';

/** Bytes of envelopes after which others in the process get their turn: some ten milliseconds. */
const turnBytes = 512 * 1024;

const tombstone: RecordFault = {
  code: 'tombstone',
  message: 'The record has no value: it is a tombstone.',
};

/**
 * Rewrites batches of envelopes that hold Avro as lines of JSON objects, one a record, by the
 * table's columns. A record that can't be read becomes a line that no decoder takes, and the batch
 * says why.
 */
export class AvroTranscoder {
  readonly #rows: AvroRows;

  /** `registry` undefined: the table declares its schema. */
  constructor(table: SourceTable, registry: SchemaRegistry | undefined) {
    assert(table.format.kind === 'avro', `${table.name} is not in Avro`);
    this.#rows = new AvroRows(table, table.format, registry);
  }

  /** The same records as lines; the batch that was given is released with this one. */
  async transcode(batch: Batch, signal: AbortSignal): Promise<Batch> {
    assert(batch.content.kind === 'envelopes', 'Avro is read from envelopes');
    // There may be no file where there is no record.
    if (batch.content.byteLength === 0) return batch;
    const envelopePath = batch.content.path;
    const bytes = await readFile(envelopePath);
    const index = RecordIndex.ofBytes(bytes, 'empty');
    const lines = new LineWriter(index.count);
    this.#rows.forgetMissing();
    for (let record = 0, turn = 0; record < index.count; record++) {
      const raw = bytes.subarray(index.start(record), index.end(record));
      const { value, metadata } = readEnvelope(raw);
      const missing = value === undefined ? undefined : this.#rows.missing(value);
      if (missing !== undefined) await this.#rows.learn(missing, signal);
      const row = value === undefined ? tombstone : this.#rows.row(value, metadata);
      lines.add(record, index.start(record), row);
      turn += raw.length;
      if (turn < turnBytes) continue;
      turn = 0;
      await setImmediate();
    }
    const path = `${envelopePath}.ndjson`;
    const text = lines.bytes();
    await writeFile(path, text);
    const envelopeAt = (byteOffset: number): number => lines.envelopeAt(byteOffset);
    const envelopes = new EnvelopeFile(envelopePath);
    return {
      ...batch,
      content: { kind: 'lines', path, byteLength: text.length },
      positionAt: (byteOffset) => batch.positionAt(envelopeAt(byteOffset)),
      rawAt: (byteOffset) => envelopes.at(envelopeAt(byteOffset)).value ?? null,
      metadataAt: (byteOffset) => metadataText(envelopes.at(envelopeAt(byteOffset))),
      faultAt: (byteOffset) => lines.faultAt(byteOffset),
      release: async () => {
        await rm(path, { force: true });
        await batch.release();
      },
    };
  }
}

/** Lines and where they came from. */
class LineWriter {
  readonly #starts: Float64Array;
  readonly #envelopeStarts: Float64Array;
  readonly #faults = new Map<number, RecordFault>();
  #bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  constructor(count: number) {
    this.#starts = new Float64Array(count);
    this.#envelopeStarts = new Float64Array(count);
  }

  add(record: number, envelopeStart: number, row: string | RecordFault): void {
    this.#starts[record] = this.#length;
    this.#envelopeStarts[record] = envelopeStart;
    const isRow = typeof row === 'string';
    if (!isRow) this.#faults.set(this.#length, row);
    const text = isRow ? row : noJson;
    this.#reserve(text.length * 3 + 1);
    this.#length += this.#bytes.write(text, this.#length);
    this.#bytes[this.#length++] = 0x0a;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  faultAt(byteOffset: number): RecordFault | undefined {
    return this.#faults.get(byteOffset);
  }

  /** Offset of the envelope whose line begins at `byteOffset`. */
  envelopeAt(byteOffset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= byteOffset) low = middle;
      else high = middle - 1;
    }
    return this.#envelopeStarts[low] ?? 0;
  }

  #reserve(byteLength: number): void {
    if (this.#length + byteLength <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + byteLength));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** No JSON at all, in the place of a record that can't be read. */
const noJson = '-';

/** Records of a file of envelopes: asked for those that fail, only, and the last one again. */
class EnvelopeFile {
  readonly #path: string;
  #last: { readonly start: number; readonly record: EnvelopeRecord } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The record whose line begins at this byte. */
  at(start: number): EnvelopeRecord {
    const last = this.#last;
    if (last?.start === start) return last.record;
    const file = openSync(this.#path, 'r');
    try {
      const record = readEnvelope(readLineAt(file, start));
      this.#last = { start, record };
      return record;
    } finally {
      closeSync(file);
    }
  }
}

function readLineAt(file: number, start: number): Buffer {
  let parts = Buffer.alloc(0);
  for (;;) {
    const part = Buffer.alloc(64 * 1024);
    const length = readSync(file, part, 0, part.length, start + parts.length);
    const feed = part.subarray(0, length).indexOf(0x0a);
    parts = Buffer.concat([parts, part.subarray(0, feed < 0 ? length : feed)]);
    if (feed >= 0 || length === 0) return parts;
  }
}
