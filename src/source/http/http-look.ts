import { readFile } from 'node:fs/promises';
import { HeliosError } from '../../base/errors.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { PartitionInfo, StreamInfo } from '../../log/log.ts';
import type {
  PeekAnswer,
  PeekedRecord,
  PeekRequest,
  PeekStart,
  StreamDescription,
  StreamLook,
  StreamSummary,
} from '../look.ts';
import {
  chosenPartitions,
  keptRecords,
  partitionBytes,
  peekAnswer,
  peekEach,
  tooLarge,
} from '../peeked.ts';
import { splitLines } from '../split-lines.ts';

/** How far back the newest records are sought at first; then four times as far, and so on. */
const firstWindowBytes = 64 * 1024;
const windowFactor = 4;
/** Read at once. */
const readBytes = 1024 * 1024;

/** Looks at streams of the embedded log. A record's position is the offset of its line. */
export class HttpLook implements StreamLook {
  readonly kind = 'http';
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async streams(): Promise<readonly StreamSummary[]> {
    return await Promise.resolve(this.#log.listStreams().map(summary));
  }

  async describe(name: string): Promise<StreamDescription> {
    const info = this.#log.getStream(name);
    const details = info.partitions.map(({ startOffset, endOffset, bytes }, number) => ({
      partition: String(number),
      start: String(startOffset),
      end: String(endOffset),
      bytes,
      isClosed: false,
      recordsPerSecond: undefined,
    }));
    return await Promise.resolve({ ...summary(info), details });
  }

  async peek(request: PeekRequest): Promise<PeekAnswer> {
    const { partitions } = this.#log.getStream(request.stream);
    const all = [...partitions.keys()].map(String);
    const peeks = await peekEach(chosenPartitions(all, request), request, async (partition) => {
      const info = partitions[Number(partition)];
      const look = new PartitionLook(this.#log, request, Number(partition));
      const found = info === undefined ? [] : await look.records(info);
      const kept = keptRecords(found, {
        countMax: request.count,
        bytesMax: partitionBytes(partitions.length),
        keep: request.from.kind === 'newest' ? 'last' : 'first',
      });
      const failure = kept.isCut ? tooLarge(kept.records.length) : undefined;
      return { partition, records: kept.records, failure };
    });
    return peekAnswer(peeks, request);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

type Line = { readonly offset: number; readonly bytes: Uint8Array };

class PartitionLook {
  readonly #log: EventLog;
  readonly #request: PeekRequest;
  readonly #partition: number;

  constructor(log: EventLog, request: PeekRequest, partition: number) {
    this.#log = log;
    this.#request = request;
    this.#partition = partition;
  }

  async records(info: PartitionInfo): Promise<readonly PeekedRecord[]> {
    const { from, count } = this.#request;
    const lines =
      from.kind === 'newest'
        ? await this.#newest(info, count)
        : await this.#forward(await this.#start(from, info), info.endOffset, count);
    const arrivals = new Map<number, number>();
    await this.#arrivals(lines, arrivals);
    return lines.map((line) => this.#record(line, arrivals.get(line.offset)));
  }

  async #newest({ startOffset, endOffset }: PartitionInfo, count: number): Promise<Line[]> {
    for (let width = firstWindowBytes; ; width *= windowFactor) {
      const near = Math.max(startOffset, endOffset - width);
      const first = await this.#lineAt(near);
      const lines = await this.#forward(first?.offset ?? endOffset, endOffset, Infinity);
      if (lines.length >= count || near === startOffset) return lines.slice(-count);
    }
  }

  /** Lines from the one at `offset` on. */
  async #forward(offset: number, end: number, countMax: number): Promise<Line[]> {
    const lines: Line[] = [];
    let at = offset;
    while (at < end && lines.length < countMax) {
      this.#request.signal.throwIfAborted();
      const bytesMax = Math.min(readBytes, end - at);
      const batch = await this.#log.read(this.#request.stream, this.#partition, at, bytesMax);
      if (batch === undefined) break;
      try {
        lines.push(...linesOf(await readFile(batch.path), at));
      } finally {
        await batch.release();
      }
      at = batch.to;
    }
    return lines.slice(0, Math.min(countMax, lines.length));
  }

  async #start(
    from: Exclude<PeekStart, { kind: 'newest' }>,
    { startOffset, endOffset }: PartitionInfo,
  ): Promise<number> {
    if (from.kind === 'oldest') return startOffset;
    if (from.kind === 'position') {
      if (!/^\d{1,16}$/.test(from.position)) throw notOffset(from.position);
      return (await this.#lineAt(Number(from.position)))?.offset ?? endOffset;
    }
    // Records arrive in the order of their offsets.
    let [low, high] = [startOffset, endOffset];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const line = await this.#lineAt(middle);
      if (line === undefined || line.arrivedAtMs >= from.atMs) high = middle;
      else low = line.offset + 1;
    }
    return (await this.#lineAt(low))?.offset ?? endOffset;
  }

  /** Of many lines that arrived together, the first and the last are asked for. */
  async #arrivals(lines: readonly Line[], known: Map<number, number>): Promise<void> {
    const [first] = lines;
    const last = lines.at(-1);
    if (first === undefined || last === undefined) return;
    const begin = await this.#arrival(first.offset, known);
    const end = await this.#arrival(last.offset, known);
    if (begin === end) for (const { offset } of lines) known.set(offset, begin);
    else if (lines.length > 2) {
      const middle = Math.floor(lines.length / 2);
      await this.#arrivals(lines.slice(0, middle), known);
      await this.#arrivals(lines.slice(middle), known);
    }
  }

  async #arrival(offset: number, known: Map<number, number>): Promise<number> {
    const found = known.get(offset) ?? (await this.#lineAt(offset))?.arrivedAtMs ?? 0;
    known.set(offset, found);
    return found;
  }

  async #lineAt(
    near: number,
  ): Promise<{ readonly offset: number; readonly arrivedAtMs: number } | undefined> {
    return await this.#log.lineAt(this.#request.stream, this.#partition, near);
  }

  #record({ offset, bytes }: Line, timestampMs: number | undefined): PeekedRecord {
    return {
      partition: String(this.#partition),
      position: String(offset),
      timestampMs,
      key: null,
      headers: {},
      value: bytes,
      metadata: {},
    };
  }
}

function linesOf(bytes: Buffer, offset: number): Line[] {
  let at = offset;
  return splitLines(bytes).map((line) => {
    const placed = { offset: at, bytes: line };
    at += line.length + 1;
    return placed;
  });
}

function summary(info: StreamInfo): StreamSummary {
  return {
    name: info.name,
    partitions: info.partitions.length,
    retentionMs: info.retention.ageMs,
    recordsPerSecond: undefined,
    bytesPerSecond: undefined,
    bytes: info.bytes,
  };
}

function notOffset(text: string): HeliosError {
  return new HeliosError('invalid_request', `${JSON.stringify(text)} is no offset.`, {
    hint: 'A position in a stream is a whole number: the bytes before it.',
  });
}
