import { isUtf8 } from 'node:buffer';
import { HeliosError } from '../../../base/errors.ts';
import type { RecordCursor } from './record-cursor.ts';

/** Of one record; those after them are counted, not kept. */
const headersMax = 1000;
/** Tells of headers that were too many. */
const leftOutName = 'helios.headers_left_out';

/**
 * Name → text, or base64 where the value isn't UTF-8, or null; a list of these where a name comes
 * more than once.
 */
export function readHeaders(cursor: RecordCursor): Readonly<Record<string, unknown>> {
  const bytes = cursor.bytes.subarray(cursor.headersStart, cursor.end);
  const reader = new HeaderReader(bytes);
  const count = reader.varint();
  const headers = new Map<string, unknown>();
  for (let index = 0; index < Math.min(count, headersMax); index++) {
    const name = reader.bytes()?.toString() ?? '';
    const value = textOf(reader.bytes());
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else headers.set(name, [before, value]);
  }
  if (count > headersMax) headers.set(leftOutName, count - headersMax);
  return Object.fromEntries(headers);
}

function textOf(value: Buffer | null): string | null {
  if (value === null) return null;
  return value.toString(isUtf8(value) ? 'utf8' : 'base64');
}

class HeaderReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw corrupt();
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw corrupt();
    return this.#bytes.subarray(start, this.#at);
  }
}

function corrupt(): HeliosError {
  return new HeliosError('corrupt_data', 'the headers of a record are damaged');
}
