import { closeSync, openSync, readSync } from 'node:fs';
import { assert } from '../base/assert.ts';

/** So many bytes are read at once, at least. */
const windowBytes = 512 * 1024;

/**
 * Bytes of a file that does not change, of which one piece is in memory at a time: for whoever goes
 * through it in one direction. Reads at once, without a turn: what it reads was read just before,
 * and is in the system's cache. Pieces share their memory, as fresh memory costs more than reading.
 */
export class FileBytes {
  readonly #path: string;
  #memory: Buffer = Buffer.alloc(0);
  #from = 0;
  #length = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The bytes [start, end), which the file must have; only until others are asked for. */
  view(start: number, end: number): Buffer {
    this.#need(start, end);
    return this.#memory.subarray(start - this.#from, end - this.#from);
  }

  /** The same as text. */
  text(start: number, end: number): string {
    this.#need(start, end);
    return this.#memory.toString('utf8', start - this.#from, end - this.#from);
  }

  #need(start: number, end: number): void {
    if (start >= this.#from && end <= this.#from + this.#length) return;
    const size = Math.max(windowBytes, end - start);
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    this.#from = start;
    this.#length = 0;
    const descriptor = openSync(this.#path, 'r');
    try {
      for (let bytesRead = -1; bytesRead !== 0 && this.#length < size;) {
        const at = start + this.#length;
        bytesRead = readSync(descriptor, this.#memory, this.#length, size - this.#length, at);
        this.#length += bytesRead;
      }
    } finally {
      closeSync(descriptor);
    }
    assert(start + this.#length >= end, `${this.#path} ends before byte ${end}`);
  }
}
