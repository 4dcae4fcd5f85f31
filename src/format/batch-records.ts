import { assert, unreachable } from '../base/assert.ts';
import type { Batch, Position, RecordFault } from '../event/record.ts';
import { metadataText, readEnvelope } from './envelope-record.ts';
import { FileBytes } from './file-bytes.ts';
import type { RecordOrigin } from './format.ts';
import { framedText } from './framed-text.ts';
import { type BlankLines, RecordIndex } from './record-index.ts';

export type EnvelopeOptions = {
  /**
   * What values are: JSON, with a registry's bytes before it or without; or text or bytes, which
   * become JSON strings, the latter in base64.
   */
  readonly values: 'json' | 'framed_json' | 'text' | 'bytes';
  /** A tombstone is no record, rather than one that can't become a row. */
  readonly passesTombstones: boolean;
};

type Parts = {
  readonly batch: Batch;
  readonly index: RecordIndex;
  readonly envelopes: EnvelopeOptions | undefined;
  readonly lines?: readonly number[] | undefined;
};

const tombstone: RecordFault = {
  code: 'tombstone',
  message: 'The record has no value: it is a tombstone.',
};

const nothing = Buffer.alloc(0);

/**
 * The records of a batch, by their number, as the slow path looks at them: best in their order. The
 * batch's file must be there.
 */
export class BatchRecords {
  readonly #batch: Batch;
  readonly #index: RecordIndex;
  readonly #bytes: FileBytes;
  readonly #envelopes: EnvelopeOptions | undefined;
  /** Lines that are records; undefined: all of them are. */
  readonly #lines: readonly number[] | undefined;
  readonly count: number;

  private constructor({ batch, index, envelopes, lines }: Parts) {
    this.#batch = batch;
    this.#index = index;
    this.#bytes = new FileBytes(batch.content.path);
    this.#envelopes = envelopes;
    const passesTombstones = envelopes?.passesTombstones === true;
    this.#lines = lines ?? (passesTombstones ? this.#linesWithValue() : undefined);
    this.count = this.#lines?.length ?? index.count;
  }

  static async ofLines(batch: Batch, blank: BlankLines): Promise<BatchRecords> {
    assert(batch.content.kind === 'lines', 'these records are read from lines');
    const index = await RecordIndex.ofFile(batch.content.path, blank);
    return new BatchRecords({ batch, index, envelopes: undefined });
  }

  static async ofEnvelopes(batch: Batch, envelopes: EnvelopeOptions): Promise<BatchRecords> {
    assert(batch.content.kind === 'envelopes', 'these records are read from envelopes');
    const index = await RecordIndex.ofFile(batch.content.path, 'empty');
    return new BatchRecords({ batch, index, envelopes });
  }

  /** Some of these records, in this order, with numbers of their own. */
  only(records: readonly number[]): BatchRecords {
    return new BatchRecords({
      batch: this.#batch,
      index: this.#index,
      envelopes: this.#envelopes,
      lines: records.map((record) => this.#line(record)),
    });
  }

  /**
   * What there is to decode: a line, or the JSON that an envelope's value is or becomes. As all
   * bytes here, they are there until others are asked for.
   */
  text(record: number): Buffer {
    const line = this.#lineBytes(this.#line(record));
    if (this.#envelopes === undefined) return line;
    const value = readEnvelope(line).value ?? nothing;
    switch (this.#envelopes.values) {
      case 'json':
        return value;
      case 'framed_json':
        return framedText(value) ?? nothing;
      case 'text':
        return Buffer.from(JSON.stringify(value.toString('utf8')));
      case 'bytes':
        return Buffer.from(JSON.stringify(value.toString('base64')));
      default:
        return unreachable(this.#envelopes.values);
    }
  }

  /** The same where the lines are the texts. */
  lineText(record: number): string {
    const line = this.#line(record);
    return this.#bytes.text(this.#index.start(line), this.#index.end(line));
  }

  /** The record's own bytes, and what stood beside them. */
  content(record: number): Pick<RecordOrigin, 'raw' | 'metadata'> {
    const line = this.#line(record);
    const start = this.#index.start(line);
    if (this.#envelopes !== undefined) {
      const envelope = readEnvelope(this.#lineBytes(line));
      return { raw: envelope.value ?? nothing, metadata: metadataText(envelope) };
    }
    const own = this.#batch.rawAt?.(start);
    const raw = own === undefined ? this.#lineBytes(line) : (own ?? nothing);
    return { raw, metadata: this.#batch.metadataAt?.(start) };
  }

  position(record: number): Position {
    return this.#batch.positionAt(this.#index.start(this.#line(record)));
  }

  /** Bytes of the record's line. */
  byteLength(record: number): number {
    return this.#index.byteLength(this.#line(record));
  }

  /** What is wrong with a record whatever its text is. */
  fault(record: number): RecordFault | undefined {
    const line = this.#line(record);
    const start = this.#index.start(line);
    const known = this.#batch.faultAt?.(start);
    if (known !== undefined) return known;
    if (this.#envelopes === undefined) {
      return this.#batch.rawAt?.(start) === null ? tombstone : undefined;
    }
    const { value } = readEnvelope(this.#lineBytes(line));
    if (value === undefined) return tombstone;
    const isFramed = this.#envelopes.values === 'framed_json';
    return isFramed && framedText(value) === undefined ? malformedFrame : undefined;
  }

  #linesWithValue(): readonly number[] {
    const lines: number[] = [];
    for (let line = 0; line < this.#index.count; line++) {
      if (readEnvelope(this.#lineBytes(line)).value !== undefined) lines.push(line);
    }
    return lines;
  }

  #lineBytes(line: number): Buffer {
    return this.#bytes.view(this.#index.start(line), this.#index.end(line));
  }

  #line(record: number): number {
    if (this.#lines === undefined) return record;
    const line = this.#lines[record];
    assert(line !== undefined, `no record ${record} of ${this.count}`);
    return line;
  }
}

/** Of a value that should begin with a zero and the id of a schema. */
export const malformedFrame: RecordFault = {
  code: 'malformed_frame',
  message: 'The value does not begin with a zero byte and the id of a schema.',
};
