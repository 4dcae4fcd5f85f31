import { rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { makeFolderDurably, syncPath } from '../../storage/file/durable.ts';

/**
 * The files of a pipeline's hot parts.
 *
 * A part is readable from its manifest on until it is both retired (rolled or merged away, and no
 * manifest of use names it) and unpinned (no query is taking links of it):
 *
 *     written ── manifest ── retire ── last unpin ── deleted
 *                    └── pin … unpin ──┘
 */
export class PartStore {
  readonly directory: string;
  readonly #pins = new Map<string, number>();
  readonly #retired = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
  }

  async open(): Promise<void> {
    await makeFolderDurably(this.directory);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async exists(name: string): Promise<boolean> {
    const found = await stat(this.path(name)).catch((thrown: unknown) => {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    });
    return found !== undefined;
  }

  /** Makes finished files, and that they exist, durable. */
  async sync(names: readonly string[]): Promise<void> {
    const files = names.map((name) => this.path(name));
    await Promise.all([...files, this.directory].map(syncPath));
  }

  pin(names: readonly string[]): void {
    for (const name of names) this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
  }

  unpin(names: readonly string[]): void {
    for (const name of names) {
      const count = (this.#pins.get(name) ?? 0) - 1;
      if (count > 0) this.#pins.set(name, count);
      else this.#pins.delete(name);
    }
    this.#deleteFree(names);
  }

  /** No manifest that recovery could use names these any more. */
  retire(names: readonly string[]): void {
    for (const name of names) this.#retired.add(name);
    this.#deleteFree(names);
  }

  /** Retires every file but `names`: what a crash left behind. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const files = await readdir(this.directory);
    this.retire(files.filter((file) => !names.has(file)));
  }

  async deleteAll(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Without waiting, so that nobody can pin a file that is about to go. */
  #deleteFree(names: readonly string[]): void {
    for (const name of names) {
      if (this.#pins.has(name) || !this.#retired.delete(name)) continue;
      rmSync(this.path(name), { force: true });
    }
  }
}
