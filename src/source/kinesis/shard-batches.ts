import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { Batch, EpochMs, Position } from '../../event/record.ts';
import type { ReadRequest, RecordForm } from '../source.ts';
import type { Bound, PageSlice } from './record/page-queue.ts';
import { SlicedLines } from './record/sliced-lines.ts';
import {
  comparePositions,
  endPosition,
  formatPosition,
  parsePosition,
  recordPosition,
  type ShardPosition,
} from './shard/shard-position.ts';
import type { ShardReader } from './shard/shard-reader.ts';

export type BatchContext = {
  readonly form: RecordForm;
  readonly spoolDirectory: string;
  readonly clock: Clock;
  /** What has no time of its own was last known to be read then. */
  readonly openedAtMs: EpochMs;
  readonly asOfIntervalMs: number;
};

/** Makes batches of what a shard's reader has. */
export class ShardBatches {
  readonly #context: BatchContext;

  constructor(context: BatchContext) {
    this.#context = context;
  }

  /** Whether only the time of a position has moved on, and by so much that it is worth a note. */
  isDue(reader: ShardReader, after: ShardPosition): boolean {
    if (reader.isReady(after) || after.kind === 'end') return false;
    const { openedAtMs, asOfIntervalMs } = this.#context;
    const asOfMs = reader.cursor.asOfMs ?? 0;
    return asOfMs - (after.asOfMs ?? openedAtMs) >= asOfIntervalMs;
  }

  /** The next batch of a reader that was moved to `after`. */
  async next(
    reader: ShardReader,
    request: ReadRequest,
    after: ShardPosition,
  ): Promise<Batch | undefined> {
    const until = request.until === undefined ? undefined : parsePosition(request.until);
    if (until !== undefined && comparePositions(until, after) <= 0) return undefined;
    const { slices, isAtBound } = reader.first(request.bytesMax, boundOf(until));
    const isAllTaken = isAll(reader, slices);
    if (request.until !== undefined && isReached(reader, until, { isAtBound, isAllTaken })) {
      return await this.#write(request, request.until, new SlicedLines(slices));
    }
    const isOpen = until === undefined || until.kind === 'end';
    const isLast = isOpen && reader.isEnded && isAllTaken;
    if (slices.length > 0 || isLast) return await this.#batch(request, slices, reader, isLast);
    const isPassed = until?.kind === 'record' && after.kind === 'start' && !isAwaiting(reader);
    if (isPassed && request.until !== undefined) {
      return await this.#write(request, request.until, new SlicedLines([]));
    }
    if (!isOpen || !this.isDue(reader, after) || after.kind === 'end') return undefined;
    const to = formatPosition({ ...after, asOfMs: reader.cursor.asOfMs });
    return to === undefined ? undefined : await this.#write(request, to, new SlicedLines([]));
  }

  async #batch(
    request: ReadRequest,
    slices: readonly PageSlice[],
    reader: ShardReader,
    isLast: boolean,
  ): Promise<Batch> {
    const last = slices.at(-1);
    const number = last?.page.sequenceNumbers[last.to - 1];
    const arrivedAtMs = last?.page.arrivals[last.to - 1] ?? 0;
    const isEnd = isLast || number === undefined;
    const to = isEnd ? endPosition(reader.cursor.asOfMs) : recordPosition(number, arrivedAtMs);
    return await this.#write(request, to, new SlicedLines(slices));
  }

  async #write(request: ReadRequest, to: Position, lines: SlicedLines): Promise<Batch> {
    const { form, spoolDirectory, clock } = this.#context;
    const path = join(spoolDirectory, `kinesis-${randomUUID()}.lines`);
    const { byteLength } = lines;
    try {
      await writeFile(path, lines.bytes());
    } catch (thrown) {
      await rm(path, { force: true });
      throw spoolFailure(path, thrown);
    }
    const content = { kind: form.kind, path, byteLength };
    return {
      partition: request.partition,
      from: request.after,
      to,
      content,
      recordCount: lines.lineCount,
      arrivedAtMs: lines.newestAtMs || clock.nowMs(),
      positionAt: (byteOffset) => {
        const { sequenceNumber, arrivedAtMs } = lines.recordAt(byteOffset);
        return recordPosition(sequenceNumber, arrivedAtMs);
      },
      rawAt: lines.hasOddLines ? (byteOffset) => lines.rawAt(byteOffset) : undefined,
      release: async () => await rm(path, { force: true }),
    };
  }
}

function boundOf(until: ShardPosition | undefined): Bound | undefined {
  switch (until?.kind) {
    case undefined:
    case 'end':
      return undefined;
    case 'record':
      return { kind: 'through', sequenceNumber: until.sequenceNumber };
    case 'before':
    case 'until':
      return until;
    case 'start':
    case 'time':
      throw new HeliosError('internal', `No reading of a shard ends at ${formatPosition(until)}.`);
  }
}

/** Whether nothing is left before the bound of a reading that another one continues. */
function isReached(
  reader: ShardReader,
  until: ShardPosition | undefined,
  { isAtBound, isAllTaken }: { readonly isAtBound: boolean; readonly isAllTaken: boolean },
): boolean {
  if (until?.kind !== 'before' && until?.kind !== 'until') return false;
  const isOver = reader.isEnded || (until.kind === 'until' && reader.cursor.isCaughtUp);
  return isAtBound || (isAllTaken && isOver);
}

/**
 * Whether the oldest record of the shard is still to come. Where it is there, or there is none, and
 * lies behind the end of a reading, what was before is past its retention.
 */
function isAwaiting(reader: ShardReader): boolean {
  return reader.isEmpty && !reader.isEnded;
}

/** Whether nothing waits after these records. */
function isAll(reader: ShardReader, slices: readonly PageSlice[]): boolean {
  const last = slices.at(-1);
  if (last === undefined) return reader.isEmpty;
  const number = last.page.sequenceNumbers[last.to - 1];
  const { received } = reader.cursor;
  return received.kind === 'record' && received.sequenceNumber === number;
}

function spoolFailure(path: string, thrown: unknown): HeliosError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const code = systemCode(thrown) === 'ENOSPC' ? 'disk_full' : 'storage_failed';
  return new HeliosError(code, `${path} can't be written: ${why}`, {
    hint: 'Make room on the disk, or let this user write there.',
    cause: thrown,
  });
}
