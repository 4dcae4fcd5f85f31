import type { ErrorBody } from '../../server/api.ts';

/** Lines of the server's failures are short; a longer one is a row. */
const lineBytesMax = 64 * 1024;

/**
 * Watches the bytes of an NDJSON answer that go by, and keeps the last ones: a query that fails
 * after its first rows says so in the last line, since its status was sent long before.
 */
export class LastLine {
  #end: Uint8Array = new Uint8Array();

  push(bytes: Uint8Array): void {
    const tail = bytes.subarray(-lineBytesMax);
    const room = lineBytesMax - tail.byteLength;
    const before = this.#end.subarray(Math.max(0, this.#end.byteLength - room));
    const end = new Uint8Array(before.byteLength + tail.byteLength);
    end.set(before);
    end.set(tail, before.byteLength);
    this.#end = end;
  }

  /** The failure that the last line tells of; undefined where it is a row. */
  failure(): ErrorBody | undefined {
    const text = new TextDecoder().decode(this.#end).replace(/\n$/, '');
    const line = text.slice(text.lastIndexOf('\n') + 1);
    if (!line.startsWith('{"error":{"code":"')) return undefined;
    try {
      const { error, ...others } = JSON.parse(line) as { readonly error: ErrorBody };
      const isFailure = typeof error.message === 'string' && Object.keys(others).length === 0;
      return isFailure ? { ...error, id: error.id ?? '' } : undefined;
    } catch {
      // The beginning is a row's.
      return undefined;
    }
  }
}
