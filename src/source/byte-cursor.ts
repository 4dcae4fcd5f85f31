import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** Bytes of a file in order, decompressed, a chunk at a time. */
export interface ByteCursor {
  /** Offset, in decompressed bytes, of what `take` gives next. */
  readonly offset: number;
  /** Bytes of the file that were read, as they lie on disk. */
  readonly storedBytesRead: number;
  /** The next bytes, or undefined at the end. Fails where compressed data is damaged. */
  take(): Promise<Buffer | undefined>;
  /** Puts the end of the last chunk back. */
  untake(bytes: Buffer): void;
  close(): Promise<void>;
}

export type Codec = 'none' | 'gzip' | 'zstd';

const chunkBytes = 1024 * 1024;
/** Decompressed bytes that wait for `take`; above it, decompression pauses. */
const waitingBytesMax = 8 * 1024 * 1024;

/** Opens a file at an offset; a compressed one is decompressed up to there. */
export async function openCursor(path: string, codec: Codec, offset: number): Promise<ByteCursor> {
  if (codec === 'none') return new PlainCursor(await open(path, 'r'), offset);
  const cursor = new CompressedCursor(path, codec, (await stat(path)).size);
  try {
    while (cursor.offset < offset) {
      const bytes = await cursor.take();
      if (bytes === undefined) break;
      if (cursor.offset > offset) cursor.untake(bytes.subarray(offset - cursor.offset));
    }
    return cursor;
  } catch (thrown) {
    await cursor.close();
    throw thrown;
  }
}

class PlainCursor implements ByteCursor {
  readonly #handle: FileHandle;
  offset: number;

  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.offset = offset;
  }

  get storedBytesRead(): number {
    return this.offset;
  }

  async take(): Promise<Buffer | undefined> {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await this.#handle.read(buffer, 0, chunkBytes, this.offset);
    this.offset += bytesRead;
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  }

  untake(bytes: Buffer): void {
    this.offset -= bytes.length;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * Takes the decompressor's output as it comes, not through its async iterator, which throws away
 * what it had already decompressed when damage follows. Node's decompressors stop after the first
 * zstd frame and before whatever follows a gzip file: a new one goes on from there, so nothing is
 * left out.
 */
class CompressedCursor implements ByteCursor {
  readonly #path: string;
  readonly #codec: 'gzip' | 'zstd';
  readonly #size: number;
  #member: Member;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #end: { readonly failure: Error | undefined } | undefined;
  #wake: () => void = () => {};
  offset = 0;

  constructor(path: string, codec: 'gzip' | 'zstd', size: number) {
    this.#path = path;
    this.#codec = codec;
    this.#size = size;
    this.#member = this.#openMember(0);
  }

  get storedBytesRead(): number {
    return this.#member.start + this.#member.inflated.bytesWritten;
  }

  async take(): Promise<Buffer | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#end?.failure !== undefined) throw this.#end.failure;
      if (this.#end !== undefined) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const bytes = this.#waiting.shift() ?? Buffer.alloc(0);
    this.#waitingBytes -= bytes.length;
    this.offset += bytes.length;
    if (this.#waitingBytes < waitingBytesMax) this.#member.inflated.resume();
    return bytes;
  }

  untake(bytes: Buffer): void {
    this.#waiting.unshift(bytes);
    this.#waitingBytes += bytes.length;
    this.offset -= bytes.length;
  }

  async close(): Promise<void> {
    closeMember(this.#member);
    await Promise.resolve();
  }

  #openMember(start: number): Member {
    const inflated = this.#codec === 'gzip' ? createGunzip() : createZstdDecompress();
    const file = createReadStream(this.#path, { start });
    inflated.on('data', (bytes: Buffer) => this.#arrive(bytes));
    inflated.on('end', () => this.#endMember());
    inflated.on('error', (failure) => this.#finish(failure));
    file.on('error', (failure) => this.#finish(failure));
    file.pipe(inflated);
    return { start, file, inflated };
  }

  #endMember(): void {
    const consumed = this.storedBytesRead;
    closeMember(this.#member);
    if (consumed >= this.#size || consumed === this.#member.start) this.#finish(undefined);
    else this.#member = this.#openMember(consumed);
  }

  #arrive(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= waitingBytesMax) this.#member.inflated.pause();
    this.#wake();
  }

  #finish(failure: Error | undefined): void {
    this.#end ??= { failure };
    this.#wake();
  }
}

/** One gzip file or zstd frame of those that follow each other in a file. */
type Member = {
  readonly start: number;
  readonly file: ReturnType<typeof createReadStream>;
  readonly inflated: ReturnType<typeof createGunzip | typeof createZstdDecompress>;
};

function closeMember({ file, inflated }: Member): void {
  file.destroy();
  inflated.destroy();
}
