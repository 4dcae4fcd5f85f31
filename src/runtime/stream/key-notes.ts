import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import { keyAgeMaxMs } from '../../log/log.ts';
import type { KeyEntry } from '../../log/key-table.ts';

/** What notes of before say. */
export type NotedKeys = {
  /** Oldest first. */
  readonly entries: readonly KeyEntry[];
  /**
   * Where each partition has to be looked at for keys that were not noted; undefined where there
   * are none: nothing was ever noted, or all was when it ended.
   */
  readonly positions: ReadonlyMap<number, number> | undefined;
};

type NotesFile = { readonly handle: FileHandle; readonly startedAtMs: number; byteLength: number };

/** So much goes into one file: files go as a whole, when their last key is too old. */
const fileAgeMs = 3_600_000;
const fileBytesMax = 64 * 1024 * 1024;

const [keyKind, positionKind, closedKind] = [1, 2, 3];
/** kind 1, partition 4, count 4, offset 8, time 8, key 16, body 16, checksum 4. */
const noteBytes = 61;
const checkedBytes = noteBytes - 4;

/**
 * The keys of a stream's requests of the last day, in files beside the catalog:
 *
 *     streams/<id>/<time of its first note>.keys
 *
 * Notes have a fixed size and a checksum; what a crash left half written ends a file.
 */
export class KeyNotes {
  readonly #directory: string;
  readonly #positions = new Map<number, number>();
  #unwritten: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();
  #file: NotesFile | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(
    directory: string,
    nowMs: number,
  ): Promise<{ readonly notes: KeyNotes; readonly noted: NotedKeys }> {
    await mkdir(directory, { recursive: true });
    const entries: KeyEntry[] = [];
    const positions = new Map<number, number>();
    let isClosed = true;
    for (const startedAtMs of await removeOld(directory, nowMs)) {
      const bytes = await readFile(pathOf(directory, startedAtMs));
      for (const note of notesIn(bytes)) {
        isClosed = note.kind === closedKind;
        if (note.kind === positionKind) positions.set(note.partition, note.from);
        if (note.kind === keyKind && note.arrivedAtMs + keyAgeMaxMs > nowMs) entries.push(note);
      }
    }
    const noted = { entries, positions: isClosed ? undefined : positions };
    return { notes: new KeyNotes(directory), noted };
  }

  /** Written with the next `flush`. */
  addKey(entry: KeyEntry): void {
    this.#unwritten.push(noteOf(keyKind, entry));
  }

  /** Whatever lies before it in the partition has been noted. */
  addPosition(partition: number, offset: number): void {
    this.#positions.set(partition, offset);
    this.#unwritten.push(positionNote(partition, offset));
  }

  /**
   * Resolves once all that was added is durable; what fails is written with the next one.
   * `storage_failed`, `disk_full` as the file system says.
   */
  async flush(nowMs: number): Promise<void> {
    // Those who come while a group is written share the next one.
    this.#writing = this.#writing.catch(() => undefined).then(async () => await this.#write(nowMs));
    await this.#writing;
  }

  /** `isComplete`: nothing has to be looked for in the topic. */
  async close(nowMs: number, isComplete: boolean): Promise<void> {
    if (isComplete) this.#unwritten.push(noteOf(closedKind, { ...noPlace, ...noHashes }));
    await this.flush(nowMs);
    await this.#file?.handle.close();
  }

  async #write(nowMs: number): Promise<void> {
    const notes = this.#unwritten;
    if (notes.length === 0) return;
    this.#unwritten = [];
    try {
      const file = await this.#current(nowMs);
      const bytes = Buffer.concat(notes);
      // In place: what a failed try left half written is written over.
      await file.handle.write(bytes, 0, bytes.length, file.byteLength);
      await file.handle.datasync();
      file.byteLength += bytes.length;
    } catch (thrown) {
      this.#unwritten = [...notes, ...this.#unwritten];
      throw notNoted(this.#directory, thrown);
    }
  }

  async #current(nowMs: number): Promise<NotesFile> {
    const old = this.#file;
    const isFull =
      old !== undefined && (old.byteLength >= fileBytesMax || nowMs - old.startedAtMs >= fileAgeMs);
    if (old !== undefined && !isFull) return old;
    const startedAtMs = Math.max(nowMs, (await newest(this.#directory)) + 1);
    const handle = await open(pathOf(this.#directory, startedAtMs), 'wx');
    const positions = [...this.#positions].map(([partition, at]) => positionNote(partition, at));
    const head = Buffer.concat(positions);
    await handle.write(head, 0, head.length, 0);
    const directory = await open(this.#directory);
    await directory.sync();
    await directory.close();
    this.#file = { handle, startedAtMs, byteLength: head.length };
    await old?.handle.close();
    await removeOld(this.#directory, nowMs);
    return this.#file;
  }
}

/** Deletes files whose keys are all too old; gives when the others were begun, in order. */
async function removeOld(directory: string, nowMs: number): Promise<readonly number[]> {
  const starts = await startsOf(directory);
  const kept = starts.filter((_, index) => (starts[index + 1] ?? nowMs) + keyAgeMaxMs > nowMs);
  for (const start of starts) {
    if (!kept.includes(start)) await rm(pathOf(directory, start));
  }
  return kept;
}

async function startsOf(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory);
  const starts = names.flatMap((name) => (/^\d+\.keys$/.test(name) ? [parseInt(name, 10)] : []));
  return starts.toSorted((left, right) => left - right);
}

async function newest(directory: string): Promise<number> {
  return (await startsOf(directory)).at(-1) ?? 0;
}

function pathOf(directory: string, startedAtMs: number): string {
  return join(directory, `${startedAtMs}.keys`);
}

const noHashes = { keyHash: new Uint8Array(16), bodyHash: new Uint8Array(16) };
const noPlace = { partition: 0, from: 0, byteLength: 0, arrivedAtMs: 0 };

function positionNote(partition: number, offset: number): Buffer {
  return noteOf(positionKind, { ...noPlace, ...noHashes, partition, from: offset });
}

function noteOf(kind: number, entry: KeyEntry): Buffer {
  const bytes = Buffer.alloc(noteBytes);
  bytes.writeUInt8(kind, 0);
  bytes.writeUInt32LE(entry.partition, 1);
  bytes.writeUInt32LE(Math.min(entry.byteLength, 0xffff_ffff), 5);
  bytes.writeDoubleLE(entry.from, 9);
  bytes.writeDoubleLE(entry.arrivedAtMs, 17);
  bytes.set(entry.keyHash.subarray(0, 16), 25);
  bytes.set(entry.bodyHash.subarray(0, 16), 41);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, checkedBytes)), checkedBytes);
  return bytes;
}

type Note = KeyEntry & { readonly kind: number };

function* notesIn(bytes: Buffer): Generator<Note> {
  for (let at = 0; at + noteBytes <= bytes.length; at += noteBytes) {
    const note = bytes.subarray(at, at + noteBytes);
    if (note.readUInt32LE(checkedBytes) !== crc32(note.subarray(0, checkedBytes))) return;
    yield {
      kind: note.readUInt8(0),
      partition: note.readUInt32LE(1),
      byteLength: note.readUInt32LE(5),
      from: note.readDoubleLE(9),
      arrivedAtMs: note.readDoubleLE(17),
      keyHash: note.subarray(25, 41),
      bodyHash: note.subarray(41, 57),
    };
  }
}

function notNoted(directory: string, cause: unknown): HeliosError {
  const message = `The keys of requests can't be noted in ${directory}: ${String(cause)}.`;
  return new HeliosError('storage_failed', message, {
    hint: 'Its records are stored. Send it again with the same Idempotency-Key.',
    details: { may_be_stored: true },
    cause,
  });
}
