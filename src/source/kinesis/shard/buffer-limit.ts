/**
 * Bytes that the shards of a source may hold in memory together. What is to come is reserved first;
 * who comes first, is served first. One reservation is always granted, however large.
 */
export class BufferLimit {
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #waiting: { readonly byteCount: number; readonly grant: () => void }[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Resolves when there is room; rejects with the signal's reason when it aborts first. */
  async reserve(byteCount: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(byteCount)) {
      this.#bytes += byteCount;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiting = { byteCount, grant };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
        this.#grantWaiting();
      };
      function grant(): void {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Counts bytes that are held, whether there is room for them or not. */
  hold(byteCount: number): void {
    this.#bytes += byteCount;
  }

  /** Bytes that were reserved or held, and are no more. */
  release(byteCount: number): void {
    this.#bytes -= byteCount;
    this.#grantWaiting();
  }

  #grantWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!this.#fits(next.byteCount)) return;
      this.#waiting.shift();
      this.#bytes += next.byteCount;
      next.grant();
    }
  }

  #fits(byteCount: number): boolean {
    return this.#bytes === 0 || this.#bytes + byteCount <= this.#bytesMax;
  }
}
