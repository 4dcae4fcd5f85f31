import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AppendSink } from '../sink.ts';

/**
 * Rows of a bare SELECT as JSON lines on a stream. What was printed can't be taken back: after a
 * crash the epoch that was not yet true is printed again.
 */
export class StdoutSink implements AppendSink {
  readonly kind = 'append';
  readonly tableId = 'stdout';
  readonly location = 'stdout';
  readonly encoding = 'json';
  readonly #output: Writable;

  constructor(output: Writable) {
    this.#output = output;
  }

  async recover(): Promise<void> {}

  async append(path: string, after: number): Promise<number> {
    const input = createReadStream(path);
    await pipeline(input, this.#output, { end: false });
    return after + input.bytesRead;
  }

  async close(): Promise<void> {}
}

/** Counts rows by their epochs and keeps none. */
export class BlackholeSink implements AppendSink {
  readonly kind = 'append';
  readonly tableId = 'blackhole';
  readonly location = 'nowhere';
  readonly encoding = 'none';

  async recover(): Promise<void> {}

  async append(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}
}
