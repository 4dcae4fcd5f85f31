/** What is kept in the browser under a name. */
export type KeptTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * A storage of the browser that may refuse itself: by its settings, or when it is full. What it
 * refuses stays in memory as long as the window, and whoever writes is told by what is thrown.
 */
class BrowserTexts implements KeptTexts {
  readonly #storage: () => Storage;
  readonly #refused = new Map<string, string>();

  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  getItem(key: string): string | null {
    const refused = this.#refused.get(key);
    if (refused !== undefined) return refused;
    try {
      return this.#storage().getItem(key);
    } catch {
      // Nothing can have been kept where nothing may be read.
      return null;
    }
  }

  setItem(key: string, text: string): void {
    this.#refused.set(key, text);
    this.#storage().setItem(key, text);
    this.#refused.delete(key);
  }

  removeItem(key: string): void {
    this.#refused.delete(key);
    try {
      this.#storage().removeItem(key);
    } catch {
      // Nothing is there.
    }
  }
}

/** Of all windows of this browser. */
export const sharedTexts: KeptTexts = new BrowserTexts(() => localStorage);

/** Of this window alone. */
export const ownTexts: KeptTexts = new BrowserTexts(() => sessionStorage);
