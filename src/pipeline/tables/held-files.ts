import type { HeldFile } from '../../storage/storage.ts';

/** Files that were fetched for a view, held until it is released. */
export class HeldFiles {
  readonly #held: HeldFile[] = [];
  #isReleased = false;

  /** Gives the path. */
  async hold(holding: Promise<HeldFile>): Promise<string> {
    const held = await holding;
    if (this.#isReleased) held.release();
    else this.#held.push(held);
    return held.path;
  }

  release(): void {
    this.#isReleased = true;
    for (const held of this.#held.splice(0)) held.release();
  }
}
