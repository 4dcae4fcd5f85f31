/** Those who wait until something happens, whatever it is: they look for themselves. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  tell(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Resolves true when `tell` is called; false when the signal aborts first. */
  async told(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return await new Promise((resolve) => {
      const done = (isTold: boolean): void => {
        this.#listeners.delete(onTold);
        signal.removeEventListener('abort', onAbort);
        resolve(isTold);
      };
      const onTold = (): void => done(true);
      const onAbort = (): void => done(false);
      this.#listeners.add(onTold);
      signal.addEventListener('abort', onAbort);
    });
  }
}
