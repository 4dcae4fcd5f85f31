import type { LogFile, LogFiles } from './files.ts';

export type SpoolFile = { readonly path: string; readonly release: () => Promise<void> };

/**
 * The folder of files that are being read: each a byte range of a log, so that DuckDB reads it as a
 * file of its own. Nothing in it must survive a crash; it is emptied when the log is opened.
 */
export class Spool {
  readonly #files: LogFiles;
  readonly #directory: string;
  #count = 0;

  private constructor(files: LogFiles, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  static async open(files: LogFiles, directory: string): Promise<Spool> {
    await files.removeTree(directory);
    await files.makeDirectory(directory);
    return new Spool(files, directory);
  }

  async write(chunks: readonly Uint8Array[]): Promise<SpoolFile> {
    return await this.#create(async (file) => await file.write(chunks, 0));
  }

  /** Copies bytes [from, to) of `data`. */
  async copy(data: LogFile, from: number, to: number): Promise<SpoolFile> {
    return await this.#create(async (file) => {
      const buffer = Buffer.allocUnsafe(Math.min(to - from, chunkBytes));
      for (let at = from; at < to;) {
        const chunk = buffer.subarray(0, Math.min(chunkBytes, to - at));
        const length = await data.read(chunk, at);
        if (length < chunk.byteLength) throw new Error(`the file ends at ${at + length}`);
        await file.write([chunk], at - from);
        at += length;
      }
    });
  }

  /** The same bytes under another name, which outlives the deletion of `path`. */
  async link(path: string): Promise<SpoolFile> {
    const name = this.#nextPath();
    await this.#files.link(path, name);
    return this.#owned(name);
  }

  async #create(fill: (file: LogFile) => Promise<void>): Promise<SpoolFile> {
    const path = this.#nextPath();
    const file = await this.#files.open(path, 'create');
    try {
      await fill(file);
    } catch (thrown) {
      await file.close();
      await this.#files.remove(path);
      throw thrown;
    }
    await file.close();
    return this.#owned(path);
  }

  #nextPath(): string {
    this.#count += 1;
    return `${this.#directory}/${this.#count}.ndjson`;
  }

  #owned(path: string): SpoolFile {
    return { path, release: async () => await this.#files.remove(path) };
  }
}

const chunkBytes = 4 * 1024 * 1024;
