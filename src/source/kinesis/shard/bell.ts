/** Wakes all who wait for something to change. */
export class Bell {
  #next: PromiseWithResolvers<void> = Promise.withResolvers();

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves at the next ring; rejects with the signal's reason when it aborts first. */
  async heard(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise } = this.#next;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      void promise.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }
}
