import type { Clock } from '../../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../../base/errors.ts';
import { position } from '../../../event/record.ts';
import { readEnvelope } from '../../../format/envelope-record.ts';
import type { Deadline } from '../../deadline.ts';
import type { PeekedRecord, PeekRequest, PeekStart } from '../../look.ts';
import type { PartitionPeek } from '../../peeked.ts';
import type { RecordForm } from '../../source.ts';
import { PageBuilder, type StreamRecord } from '../record/record-page.ts';
import type { ListedShard } from '../shard/shard-map.ts';
import { compareSequenceNumbers, parsePosition } from '../shard/shard-position.ts';
import type { ReadBudget } from '../stream/read-budget.ts';
import type { StartingPoint, StreamClient } from '../stream/stream-client.ts';

export type ShardPeekContext = {
  readonly shard: ListedShard;
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
    return { partition: shard, records: look.found, failure: asHeliosError(thrown) };
  }
  return { partition: shard, records: look.found, failure: undefined };
}

class ShardLook {
  found: readonly PeekedRecord[] = [];
  readonly #shard: string;
  readonly #count: number;
  readonly #context: ShardPeekContext;
  #readCount = 0;

  constructor(count: number, context: ShardPeekContext) {
    this.#shard = context.shard.id;
    this.#count = count;
    this.#context = context;
  }

  async readFirst(start: StartingPoint | undefined): Promise<void> {
    if (start === undefined) return;
    for await (const records of this.#pages(start, Math.min(this.#count, pageRecordsMax))) {
      this.found = [...this.found, ...records].slice(0, this.#count);
      if (this.found.length >= this.#count) return;
    }
  }

  async readNewest(): Promise<void> {
    const { clock, retentionMs } = this.#context;
    for (const windowMs of windowsMs) {
      if (windowMs >= retentionMs || this.found.length >= this.#count) break;
      await this.#readBefore({ type: 'AT_TIMESTAMP', atMs: clock.nowMs() - windowMs });
    }
    if (this.found.length < this.#count) await this.#readBefore({ type: 'TRIM_HORIZON' });
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
      earlier = [...earlier, ...fresh].slice(-this.#count);
      this.found = [...earlier, ...known].slice(-this.#count);
      if (fresh.length < records.length) return;
    }
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
      const texts = lines.toString('utf8').split('\n').slice(0, -1);
      yield texts.map((line) => peekedRecord(this.#shard, line));
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
      return { type: 'AT_TIMESTAMP', atMs: at.atMs };
    case 'record':
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

function peekedRecord(shard: string, line: string): PeekedRecord {
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
