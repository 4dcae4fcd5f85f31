import { open, type FileHandle } from 'node:fs/promises';

/** Characters that are written at once. */
const pieceLength = 1024 * 1024;

/** A file that is written piece by piece: its text may be longer than a string can be. */
export class TextFile implements AsyncDisposable {
  readonly #file: FileHandle;
  #pending: string[] = [];
  #pendingLength = 0;
  #longest = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextFile> {
    return new TextFile(await open(path, 'w'));
  }

  /** Length of the longest text that was added, in UTF-16 units. */
  get longest(): number {
    return this.#longest;
  }

  async add(text: string): Promise<void> {
    this.#pending.push(text);
    this.#pendingLength += text.length;
    this.#longest = Math.max(this.#longest, text.length);
    if (this.#pendingLength >= pieceLength) await this.flush();
  }

  /** All that was added is in the file now. */
  async flush(): Promise<void> {
    await this.#file.writeFile(this.#pending.join(''));
    this.#pending = [];
    this.#pendingLength = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
