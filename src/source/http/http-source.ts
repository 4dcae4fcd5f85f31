import { type Clock, systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { position } from '../../event/record.ts';
import type { Batch, Position } from '../../event/record.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { LogLine } from '../../log/log.ts';
import { bytesUntil, compareOffsets } from '../read-limit.ts';
import type { PartitionLag, Positions, ReadRequest, Source, StartPoint } from '../source.ts';
import { offsetAt } from './offset-at.ts';

export type HttpSourceOptions = {
  readonly log: EventLog;
  /** The stream that `POST /ingest/{stream}` writes; it must exist. */
  readonly stream: string;
  readonly offset: 'earliest' | 'latest';
  /**
   * Who reads, in all of its lives: retention keeps what this reader has not released, until
   * `EventLog.removeHold`. Undefined reads without holding anything (a preview).
   */
  readonly reader: string | undefined;
  /** Tells the age of what is not read yet; the system's unless given. */
  readonly clock?: Clock | undefined;
};

/**
 * A stream of the embedded log as a source. Partitions are numbers, positions are offsets, both as
 * decimal text; a batch is whole lines.
 */
export class HttpSource implements Source {
  readonly kind = 'http';
  readonly isBounded = false;
  readonly #options: HttpSourceOptions;
  readonly identity: string;
  /** Where reading starts in the partitions that existed when this reader came. */
  readonly #start: ReadonlyMap<number, number>;

  private constructor(options: HttpSourceOptions, start: ReadonlyMap<number, number>) {
    this.#options = options;
    this.identity = `http ${options.stream} ${options.log.getStream(options.stream).id}`;
    this.#start = start;
  }

  /**
   * Opens the source and, before it resolves, holds what a new reader will read. For a reader that
   * holds something already, that is where it starts: `latest` is when it first came.
   */
  static async open(options: HttpSourceOptions): Promise<HttpSource> {
    const { log, stream, reader } = options;
    const held = reader === undefined ? undefined : log.getHold(stream, reader);
    if (held) return new HttpSource(options, held);
    const { partitions } = log.getStream(stream);
    const start = new Map(
      partitions.map(({ startOffset, endOffset }, number) => [
        number,
        options.offset === 'latest' ? endOffset : startOffset,
      ]),
    );
    if (reader !== undefined) await log.setHold(stream, reader, start);
    return new HttpSource(options, start);
  }

  async partitions(): Promise<readonly string[]> {
    return this.#info().partitions.map((_, number) => String(number));
  }

  async startPosition(partition: string): Promise<Position | undefined> {
    // A partition that was added later is new to the reader: all of it is after "latest".
    const offset = this.#start.get(partitionNumber(partition));
    return offset === undefined || offset === 0 ? undefined : position(String(offset));
  }

  async positionsAt(point: StartPoint): Promise<ReadonlyMap<string, Position>> {
    const { log, stream } = this.#options;
    const found = new Map<string, Position>();
    for (const [number, range] of this.#info().partitions.entries()) {
      const lineAt = async (near: number): Promise<LogLine | undefined> =>
        await log.lineAt(stream, number, near);
      const offset =
        point === 'earliest'
          ? range.startOffset
          : point === 'latest'
            ? range.endOffset
            : await offsetAt(range, point.atMs, lineAt);
      found.set(String(number), position(String(offset)));
    }
    return found;
  }

  async checkPosition(partition: string, at: Position): Promise<void> {
    const { log, stream } = this.#options;
    const number = partitionNumber(partition);
    const offset = offsetOf(at);
    const range = this.#info().partitions[number];
    if (range === undefined || offset === range.endOffset) return;
    const isInside = offset >= range.startOffset && offset < range.endOffset;
    const line = isInside ? await log.lineAt(stream, number, offset) : undefined;
    if (line?.offset === offset) return;
    const near = line === undefined ? '' : `; the next record begins at ${line.offset}`;
    throw new HeliosError(
      'invalid_request',
      `No record of partition ${partition} of ${stream} begins at ${offset}: ` +
        `it has ${range.startOffset} to ${range.endOffset}${near}.`,
      { hint: 'Choose where a record begins, or the end.' },
    );
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    return compareOffsets(left, right);
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    request.signal.throwIfAborted();
    const { log, stream } = this.#options;
    const number = partitionNumber(request.partition);
    const after = request.after === undefined ? undefined : offsetOf(request.after);
    const bytesMax = bytesUntil(request);
    if (bytesMax === 0) return undefined;
    const batch = await log.read(stream, number, after, bytesMax);
    if (batch === undefined) return undefined;
    const { from, to, path, byteLength, arrivedAtMs, release } = batch;
    return {
      partition: request.partition,
      from: request.after,
      to: position(String(to)),
      content: { kind: 'lines', path, byteLength },
      arrivedAtMs,
      positionAt: (byteOffset) => position(String(from + byteOffset)),
      release,
    };
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    const { log, stream } = this.#options;
    await log.waitForRecords(stream, offsetsOf(positions), signal);
  }

  /** Never: there may always be another request. */
  async hasEnded(): Promise<boolean> {
    return false;
  }

  async bytesBehind(positions: Positions): Promise<number> {
    const offsets = offsetsOf(positions);
    return this.#info().partitions.reduce((sum, { startOffset, endOffset }, number) => {
      return sum + Math.max(0, endOffset - (offsets.get(number) ?? startOffset));
    }, 0);
  }

  async partitionLags(positions: Positions): Promise<readonly PartitionLag[]> {
    const { log, stream } = this.#options;
    const nowMs = (this.#options.clock ?? systemClock).nowMs();
    const offsets = offsetsOf(positions);
    const lags: PartitionLag[] = [];
    for (const [number, { startOffset, endOffset }] of this.#info().partitions.entries()) {
      const from = Math.max(startOffset, offsets.get(number) ?? startOffset);
      const bytes = Math.max(0, endOffset - from);
      const line = bytes === 0 ? undefined : await log.lineAt(stream, number, from);
      const ms = line === undefined ? 0 : Math.max(0, nowMs - line.arrivedAtMs);
      // The log counts no lines.
      const records = bytes === 0 ? 0n : undefined;
      lags.push({ partition: String(number), records, bytes, ms });
    }
    return lags;
  }

  async release(positions: Positions): Promise<void> {
    const { log, stream, reader } = this.#options;
    if (reader !== undefined) await log.setHold(stream, reader, offsetsOf(positions));
  }

  /** The hold stays: a reader that is stopped still needs what follows. */
  async close(): Promise<void> {
    await Promise.resolve();
  }

  #info(): ReturnType<EventLog['getStream']> {
    return this.#options.log.getStream(this.#options.stream);
  }
}

function offsetsOf(positions: Positions): ReadonlyMap<number, number> {
  return new Map(
    positions.entries().map(([partition, at]) => [partitionNumber(partition), offsetOf(at)]),
  );
}

function partitionNumber(partition: string): number {
  return decimal(partition, 'a partition of a stream');
}

function offsetOf(text: Position): number {
  return decimal(text, 'a position in a stream');
}

function decimal(text: string, what: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new HeliosError('corrupt_data', `${JSON.stringify(text)} is not ${what}.`, {
    hint: 'The pipeline was made for another kind of source. Delete it and create it again.',
  });
}
