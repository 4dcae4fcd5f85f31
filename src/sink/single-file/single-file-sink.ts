import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { makeFolderDurably, syncPath } from '../../storage/file/durable.ts';
import type { AppendSink } from '../sink.ts';

/**
 * Appends lines to one file. What lies behind the manifest's length was never true, and is cut: but
 * only what this sink left there. Another process that went on with the file is not overwritten,
 * unless it does so in the midst of an append.
 */
export class SingleFileSink implements AppendSink {
  readonly kind = 'append';
  readonly location: string;
  readonly encoding: 'json' | 'text';
  /** How long the file was left. */
  #byteLength = 0;

  constructor(path: string, encoding: 'json' | 'text') {
    this.location = path;
    this.encoding = encoding;
  }

  get tableId(): string {
    return this.location;
  }

  async recover(byteLength: number): Promise<void> {
    await makeFolderDurably(dirname(this.location));
    const found = await stat(this.location).catch((thrown: unknown) => {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    });
    if ((found?.size ?? 0) < byteLength) {
      throw new HeliosError(
        'corrupt_data',
        `${this.location} has ${found?.size ?? 0} bytes, but ${byteLength} were written to it.`,
        { hint: 'Put the file back, or stop the pipeline with --discard and create it anew.' },
      );
    }
    const handle = await open(this.location, 'a');
    try {
      await handle.truncate(byteLength);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncPath(dirname(this.location));
    this.#byteLength = byteLength;
  }

  async append(path: string, after: number): Promise<number> {
    const handle = await open(this.location, 'r+');
    try {
      const { size } = await handle.stat();
      if (size !== this.#byteLength) throw this.#fenced(size);
      let at = after;
      await handle.truncate(at);
      for await (const chunk of createReadStream(path)) {
        const bytes: Uint8Array = chunk;
        await handle.write(bytes, 0, bytes.byteLength, at);
        at += bytes.byteLength;
      }
      await handle.datasync();
      this.#byteLength = at;
      return at;
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {}

  #fenced(size: number): HeliosError {
    return new HeliosError(
      'fenced',
      `${this.location} has ${size} bytes, but this pipeline left it with ${this.#byteLength}: ` +
        'something else writes to it.',
      { hint: 'Let one pipeline alone write to it, and start this one again if it is that.' },
    );
  }
}
