import type { TableState } from '../../delta/state.ts';
import type { Epoch } from '../../event/record.ts';
import type { Storage } from '../../storage/storage.ts';
import type { RollRequest } from '../sink.ts';

/**
 * What a sink writes beside its table, `_helios/<sink id>/<to>.json`, before the first file of a
 * roll is stored: how far its pipeline had read, for whoever adopts the table, and the roll's
 * files.
 *
 * Files of rolls that came to nothing are known by it to whoever rolls next, and go as soon as that
 * roll is committed. From then on none of the earlier ones can be any more, however late a commit
 * of theirs arrives: each of them expects the transaction to be where it was before. No version
 * ever named the files, so nobody reads them.
 */
export class RollNotes {
  readonly #storage: Storage;
  readonly #sinkId: string;
  /** Stored, or to be stored, and not known to be committed. */
  #open: Set<string> | undefined;

  constructor(storage: Storage, sinkId: string) {
    this.#storage = storage;
    this.#sinkId = sinkId;
  }

  /** Leaves the note of a roll. */
  async leave({ note, from, to }: RollRequest, files: readonly string[]): Promise<void> {
    this.#open ??= await this.#abandoned(from);
    const text = JSON.stringify({
      ...note,
      sink: this.#sinkId,
      from: from ?? null,
      to,
      files,
      abandoned: [...this.#open],
    });
    await this.#storage.put(this.#path(to), Buffer.from(`${text}\n`));
    for (const file of files) this.#open.add(file);
  }

  /** Deletes the files of a roll that was overtaken: it can't be committed any more. */
  async discard(files: readonly string[]): Promise<void> {
    for (const file of files) await this.#delete(file);
  }

  /**
   * After a roll was committed: deletes what rolls before it left, as far as the table doesn't know
   * it, and their notes.
   */
  async settle(to: Epoch, state: TableState): Promise<void> {
    for (const file of this.#open ?? []) {
      if (state.hasFile(file) || state.tombstones.has(file)) this.#open?.delete(file);
      else await this.#delete(file);
    }
    for await (const { path } of this.#storage.list(this.#folder)) {
      if (path < this.#path(to)) await this.#storage.delete(path);
    }
  }

  async #delete(file: string): Promise<void> {
    await this.#storage.delete(file);
    this.#open?.delete(file);
  }

  /** By the notes of others, and of those before this process. */
  async #abandoned(from: Epoch | undefined): Promise<Set<string>> {
    const open = new Set<string>();
    for await (const { path } of this.#storage.list(this.#folder)) {
      const committed = this.#path(from ?? -1);
      if (path < committed) continue;
      const { files, abandoned } = parseFiles(await this.#storage.read(path));
      // The files of the roll that is committed are the table's.
      for (const file of path === committed ? abandoned : [...files, ...abandoned]) open.add(file);
    }
    return open;
  }

  get #folder(): string {
    return `_helios/${this.#sinkId}/`;
  }

  #path(epoch: Epoch): string {
    return `${this.#folder}${String(epoch).padStart(20, '0')}.json`;
  }
}

type NamedFiles = { readonly files: readonly string[]; readonly abandoned: readonly string[] };

/** None where the note is no good, or of a Helios that didn't name files: a vacuum finds them. */
function parseFiles(bytes: Uint8Array): NamedFiles {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { files, abandoned } = Object(value) as Partial<Record<keyof NamedFiles, unknown>>;
    return { files: texts(files), abandoned: texts(abandoned) };
  } catch {
    return { files: [], abandoned: [] };
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
