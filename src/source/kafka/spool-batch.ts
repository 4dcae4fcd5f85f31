import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { type Batch, type EpochMs, type Position, position } from '../../event/record.ts';
import type { RecordForm } from '../source.ts';
import { SpoolLines } from './record/spool-lines.ts';

/** Bytes that are taken at once, between two writes: others get their turn meanwhile. */
const stepBytes = 4 * 1024 * 1024;

export type SpoolRequest = {
  readonly spoolDirectory: string;
  readonly form: RecordForm;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  /** Takes records until the lines have so many bytes; gives the time of the newest. */
  readonly take: (lines: SpoolLines, bytesMax: number) => EpochMs;
};

export type Spooled = Pick<
  Batch,
  'content' | 'recordCount' | 'positionAt' | 'rawAt' | 'release'
> & {
  readonly newestMs: EpochMs;
};

/** Puts records into a file of their own. Where there are none to take, the file is empty. */
export async function spoolBatch(request: SpoolRequest): Promise<Spooled> {
  const lines = new SpoolLines();
  const path = join(request.spoolDirectory, `kafka-${randomUUID()}.lines`);
  const release = async (): Promise<void> => await rm(path, { force: true });
  try {
    const newestMs = await fill(path, lines, request);
    const { kind } = request.form;
    return {
      content: { kind, path, byteLength: lines.byteLength },
      recordCount: lines.lineCount,
      newestMs,
      positionAt: (byteOffset): Position => position(String(lines.offsetAt(byteOffset))),
      ...(lines.hasOddLines
        ? { rawAt: (byteOffset) => lines.rawAt(byteOffset, (start, end) => part(path, start, end)) }
        : {}),
      release,
    };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function fill(path: string, lines: SpoolLines, request: SpoolRequest): Promise<EpochMs> {
  const { bytesMax, signal, take } = request;
  let newestMs = 0;
  await using file = await writable(path);
  for (;;) {
    const before = lines.byteLength;
    newestMs = Math.max(newestMs, take(lines, Math.min(bytesMax, before + stepBytes)));
    const spent = lines.takeSpent();
    await write(file, path, lines.takeChunks());
    // Nine of ten collections of garbage were for these, each of all there is.
    for (const { buffer } of spent) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
    if (lines.byteLength < before + stepBytes || lines.byteLength >= bytesMax) return newestMs;
    signal.throwIfAborted();
  }
}

async function writable(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

async function write(file: FileHandle, path: string, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  try {
    const { bytesWritten } = await file.writev(chunks);
    const byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    // A disk that fills up takes a part without an error; only the next call says why.
    if (bytesWritten < byteLength)
      await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

function writeFailure(path: string, thrown: unknown): HeliosError {
  const isFull = systemCode(thrown) === 'ENOSPC';
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const code = isFull ? 'disk_full' : 'storage_failed';
  return new HeliosError(code, `${path} can't be written: ${why}`, {
    hint: 'Records are put into files there before they are decoded. Make room, or check rights.',
    cause: thrown,
  });
}

/** Only for records that were rejected. */
function part(path: string, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, start);
    return bytes;
  } finally {
    closeSync(file);
  }
}
