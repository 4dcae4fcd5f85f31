import type { Clock } from '../../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../../base/errors.ts';
import { position } from '../../../event/record.ts';
import { readEnvelope } from '../../../format/envelope-record.ts';
import type { Deadline } from '../../deadline.ts';
import type { PeekedRecord, PeekRequest, PeekStart } from '../../look.ts';
import { type KeepLimits, keptRecords, type PartitionPeek, tooLarge } from '../../peeked.ts';
import type { RecordForm } from '../../source.ts';
import { splitLines } from '../../split-lines.ts';
import { PageBuilder, type StreamRecord } from '../record/record-page.ts';
import type { ListedShard } from '../shard/shard-map.ts';
import { compareSequenceNumbers, parsePosition } from '../shard/shard-position.ts';
import type { ReadBudget } from '../stream/read-budget.ts';
import type { StartingPoint, StreamClient } from '../stream/stream-client.ts';

export type ShardPeekContext = {
  readonly shard: ListedShard;
  /** Bytes of values that are held of it. */
  readonly bytesMax: number;
  readonly stream: StreamClient;
  readonly budget: ReadBudget;
  readonly clock: Clock;
  readonly retentionMs: number;
  readonly deadline: Deadline;
  /** Called for each GetRecords. */
  readonly onRead: (shard: string) => void;
};

/**
 * Kinesis reads forward only: the newest records are sought in these last milliseconds, and then in
 * all that the shard keeps.
 */
const windowsMs = [60_000, 3_600_000];
/** Pages without records go on until the newest record, or until a look has cost so many reads. */
const readsMax = 12;
const pageRecordsMax = 10_000;

/** Records of one shard, aggregates taken apart; with what kept from the rest of them. */
export async function peekShard(
  request: Pick<PeekRequest, 'from' | 'count'>,
  context: ShardPeekContext,
): Promise<PartitionPeek> {
  const shard = context.shard.id;
  const look = new ShardLook(request.count, context);
  try {
    if (request.from.kind === 'newest') await look.readNewest();
    else await look.readFirst(startOf(request.from));
  } catch (thrown) {
    const failure = notThere(request.from, asHeliosError(thrown));
    return { partition: shard, records: look.found, failure };
  }
  return { partition: shard, records: look.found, failure: undefined };
}

/** The stream is there, for its shards were listed: what Kinesis does not know is the position. */
function notThere(from: PeekStart, failure: HeliosError): HeliosError {
  if (from.kind !== 'position' || failure.code !== 'stream_missing') return failure;
  const message = `${from.partition} has no record at ${from.position}.`;
  return new HeliosError('invalid_request', message, {
    hint: 'It is gone, or never was there. Look from the oldest, or from a time.',
    cause: failure,
  });
}

class ShardLook {
  found: readonly PeekedRecord[] = [];
  readonly #shard: string;
  readonly #count: number;
  readonly #context: ShardPeekContext;
  #readCount = 0;
  #isCut = false;

  constructor(count: number, context: ShardPeekContext) {
    this.#shard = context.shard.id;
    this.#count = count;
    this.#context = context;
  }

  async readFirst(start: StartingPoint | undefined): Promise<void> {
    if (start === undefined) return;
    for await (const records of this.#pages(start, Math.min(this.#count, pageRecordsMax))) {
      this.#keep([...this.found, ...records], 'first');
      if (this.found.length >= this.#count) return;
    }
  }

  async readNewest(): Promise<void> {
    const { clock, retentionMs } = this.#context;
    for (const windowMs of windowsMs) {
      const isEnough = this.found.length >= this.#count || this.#isCut;
      if (windowMs >= retentionMs || isEnough) break;
      await this.#readBefore({ type: 'AT_TIMESTAMP', atMs: clock.nowMs() - windowMs });
    }
    const isEnough = this.found.length >= this.#count || this.#isCut;
    if (!isEnough) await this.#readBefore({ type: 'TRIM_HORIZON' });
    if (this.#isCut) throw tooLarge(this.found.length);
  }

  /** Adds what lies between there and what is known already. */
  async #readBefore(start: StartingPoint): Promise<void> {
    const known = this.found;
    const [oldest] = known;
    let earlier: readonly PeekedRecord[] = [];
    for await (const records of this.#pages(start, pageRecordsMax)) {
      const isNew = ({ position: at }: PeekedRecord): boolean =>
        oldest === undefined || compareSequenceNumbers(at, oldest.position) < 0;
      const fresh = records.filter(isNew);
      this.#keep([...earlier, ...fresh, ...known], 'last');
      earlier = this.found.slice(0, Math.max(0, this.found.length - known.length));
      if (fresh.length < records.length) return;
    }
  }

  /** `too_large` where the first ones are all that fits. */
  #keep(records: readonly PeekedRecord[], keep: KeepLimits['keep']): void {
    const limits = { countMax: this.#count, bytesMax: this.#context.bytesMax, keep };
    const kept = keptRecords(records, limits);
    this.found = kept.records;
    this.#isCut ||= kept.isCut;
    if (kept.isCut && keep === 'first') throw tooLarge(this.found.length);
  }

  /** Until the newest record, or the end of a shard that was split or merged. */
  async *#pages(start: StartingPoint, recordsMax: number): AsyncGenerator<readonly PeekedRecord[]> {
    const { stream, budget, deadline } = this.#context;
    const { signal } = deadline;
    await budget.turn(`${this.#shard} iterator`, signal);
    let iterator: string | undefined = await stream.iterator(this.#shard, start, signal);
    while (iterator !== undefined) {
      if (this.#readCount >= readsMax) throw tooManyReads(this.#shard);
      await budget.turn(this.#shard, signal);
      this.#readCount++;
      this.#context.onRead(this.#shard);
      const answer = await stream.records(iterator, recordsMax, signal);
      const lines = linesOf(this.#context.shard, answer.records);
      budget.spend(this.#shard, lines.length);
      yield splitLines(lines).map((line) => peekedRecord(this.#shard, line));
      // Some emulators are never behind: a full page may have another after it.
      const isAll = answer.behindMs === 0 && answer.records.length < recordsMax;
      iterator = isAll ? undefined : answer.nextIterator;
    }
  }
}

/** Undefined: there is nothing there. `invalid_request` for what is no position. */
export function startOf(from: Exclude<PeekStart, { kind: 'newest' }>): StartingPoint | undefined {
  if (from.kind === 'oldest') return { type: 'TRIM_HORIZON' };
  if (from.kind === 'time') return { type: 'AT_TIMESTAMP', atMs: from.atMs };
  const at = parsed(from.position);
  switch (at.kind) {
    case 'start':
      return { type: 'TRIM_HORIZON' };
    case 'time':
    case 'until':
      return { type: 'AT_TIMESTAMP', atMs: at.atMs };
    case 'record':
    case 'before':
      return { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: at.sequenceNumber };
    case 'end':
      return undefined;
  }
}

function parsed(text: string): ReturnType<typeof parsePosition> {
  try {
    return parsePosition(position(text));
  } catch (thrown) {
    throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no place in a shard.`, {
      hint: 'Write a sequence number, or @ with milliseconds since 1970.',
      cause: thrown,
    });
  }
}

/** Everything that a table may ask for, with values that may be any bytes. */
const form: RecordForm = {
  kind: 'envelopes',
  isBinary: true,
  metadata: [
    'sequence_number',
    'subsequence_number',
    'shard_id',
    'partition_key',
    'timestamp',
    'explicit_hash_key',
  ],
};

/** As a source would write them: aggregates are taken apart. */
function linesOf(shard: ListedShard, records: readonly StreamRecord[]): Buffer {
  const page = new PageBuilder(form, shard, 0);
  for (const record of records) page.add(record);
  return page.finish().bytes;
}

function peekedRecord(shard: string, line: Buffer): PeekedRecord {
  const { value, metadata } = readEnvelope(line);
  const { sequence_number: sequenceNumber, partition_key: key, timestamp } = metadata;
  return {
    partition: shard,
    position: String(sequenceNumber),
    timestampMs: typeof timestamp === 'number' ? timestamp : undefined,
    key: typeof key === 'string' ? Buffer.from(key) : null,
    headers: {},
    value: value ?? null,
    metadata,
  };
}

function tooManyReads(shard: string): HeliosError {
  return new HeliosError(
    'timeout',
    `${shard} was not looked at to its newest record: it takes more than ${readsMax} reads.`,
    { hint: 'Say where to look: a time, or a position in the shard.' },
  );
}
