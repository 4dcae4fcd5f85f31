import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '../../src/cli/generate/random.ts';

/** What the recorder saw: a file or a folder as it was when it was forced to disk. */
export type SyncEvent = {
  readonly inode: number;
  /** When it began, in one process. */ readonly order: number;
} & (
  | { readonly kind: 'file' | 'cut'; readonly byteLength: number }
  | { readonly kind: 'folder'; readonly names: readonly string[] }
);

/** The first line of each process; a torn line before it ends here. */
export const processMark = '-';

/** SQLite syncs for itself, out of the recorder's sight: what belongs to it is left alone. */
const ownSync = /\.(db|sqlite)(-wal|-shm|-journal)?$/;

/**
 * The disk of a machine whose power is cut: bytes and names that nobody forced to disk may be gone.
 * A process that is only killed loses none of them, so that without this a forgotten fsync is never
 * seen.
 *
 * Files are told apart by inode, so that a rename or a hard link doesn't hide one. Not played:
 * bytes overwritten in place, and removals that come back.
 */
export class PowerCut {
  readonly #folders: readonly string[];
  readonly #random: SeededRandom;
  readonly ledgerPath: string;
  #durableBytes = new Map<number, number>();
  #durableNames = new Map<number, ReadonlySet<string>>();

  constructor(folders: readonly string[], ledgerPath: string, random: SeededRandom) {
    this.#folders = folders;
    this.ledgerPath = ledgerPath;
    this.#random = random;
    this.#settle();
  }

  /** Takes away what was not durable when the process died, and gives how much that was. */
  cut(): { readonly files: number; readonly bytes: number } {
    this.#readLedger();
    const lost = { files: 0, bytes: 0 };
    for (const folder of this.#folders) this.#cutFolder(folder, lost);
    this.#settle();
    return lost;
  }

  #readLedger(): void {
    const newest = new Map<number, number>();
    for (const line of readFileSync(this.ledgerPath, 'utf8').split('\n')) {
      // Each process of the ledger counts from 0.
      if (line === processMark) newest.clear();
      // The last line may be torn: the process died while it wrote it.
      if (!line.endsWith('}')) continue;
      const event = JSON.parse(line) as SyncEvent;
      if (event.order < (newest.get(event.inode) ?? 0)) continue;
      newest.set(event.inode, event.order);
      this.#apply(event);
    }
  }

  #apply(event: SyncEvent): void {
    const durable = this.#durableBytes.get(event.inode) ?? 0;
    if (event.kind === 'folder') this.#durableNames.set(event.inode, new Set(event.names));
    else if (event.kind === 'file') this.#durableBytes.set(event.inode, event.byteLength);
    else this.#durableBytes.set(event.inode, Math.min(durable, event.byteLength));
  }

  #cutFolder(folder: string, lost: { files: number; bytes: number }): void {
    const names = this.#durableNames.get(statSync(folder).ino) ?? new Set<string>();
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (ownSync.test(entry.name)) continue;
      const path = join(folder, entry.name);
      if (!names.has(entry.name)) {
        rmSync(path, { recursive: true, force: true });
        lost.files++;
      } else if (entry.isDirectory()) this.#cutFolder(path, lost);
      else lost.bytes += this.#cutFile(path);
    }
  }

  #cutFile(path: string): number {
    const { ino, size } = statSync(path);
    const durable = this.#durableBytes.get(ino) ?? 0;
    if (size <= durable) return 0;
    // Some of what was not forced may have reached the disk all the same.
    const kept = this.#random.chance(0.5) ? durable : durable + this.#random.below(size - durable);
    truncateSync(path, kept);
    return size - kept;
  }

  /** What is there after a cut, or at the beginning, is on the disk. */
  #settle(): void {
    this.#durableBytes = new Map();
    this.#durableNames = new Map();
    for (const folder of this.#folders) this.#settleFolder(folder);
    writeFileSync(this.ledgerPath, '');
  }

  #settleFolder(folder: string): void {
    const entries = readdirSync(folder, { withFileTypes: true });
    this.#durableNames.set(statSync(folder).ino, new Set(entries.map((entry) => entry.name)));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) this.#settleFolder(path);
      else this.#durableBytes.set(statSync(path).ino, statSync(path).size);
    }
  }
}
