import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { KafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type { Batch, Position } from '../../event/record.ts';
import type { KafkaTable } from '../../sql/script.ts';
import type {
  PartitionLag,
  Positions,
  ReadRequest,
  RecordForm,
  Source,
  SourceWait,
  StartPoint,
} from '../source.ts';
import { Assignment } from './assignment.ts';
import { Bell } from './bell.ts';
import { Cluster } from './cluster.ts';
import { outsideOfLog, partitionMissing } from './failures.ts';
import { GroupProgress } from './group-progress.ts';
import { RecordSizes } from './lag/lag.ts';
import { KafkaLagWatch } from './lag/lag-watch.ts';
import {
  comparePositions,
  formatPosition,
  type KafkaPosition,
  parsePosition,
} from './kafka-position.ts';
import { parsePartitionName } from './partition-names.ts';
import type { PartitionReader } from './partition-reader.ts';
import { ReadAhead } from './read-ahead.ts';
import { spoolBatch } from './spool-batch.ts';
import { positionsAt, startPositions } from './start-positions.ts';

export type KafkaSourceOptions = {
  readonly table: KafkaTable;
  readonly form: RecordForm;
  readonly access: KafkaAccess;
  /** A folder for the batches' files; it is made. */
  readonly spoolDirectory: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of what failed without harm to the records: a group that can't be told. */
  readonly onProblem: (problem: HeliosError) => void;
  /** Aborts where nobody wants it any more while it is being opened. */
  readonly signal?: AbortSignal | undefined;
};

/** `read` gives a broker so long to answer before it says that there is nothing now. */
const answerPatienceMs = 1000;

/**
 * Topics of Kafka as a source: each partition one of ours, named `topic/number`. Who has read how
 * far is the pipeline's to know; a consumer group is only told.
 *
 * ```
 * broker ──fetch──▶ PartitionReader (raw batches) ──read──▶ decoded, in a file of its own
 * ```
 */
export class KafkaSource implements Source {
  readonly kind = 'kafka';
  readonly isBounded = false;
  readonly identity: string;
  readonly #options: KafkaSourceOptions;
  readonly #cluster: Cluster;
  readonly #assignment: Assignment;
  readonly #bell: Bell;
  readonly #group: GroupProgress | undefined;
  readonly #sizes = new RecordSizes();
  readonly #ahead = new ReadAhead();
  readonly #closing = new AbortController();
  readonly #lags: KafkaLagWatch;
  /** The broker did not answer in time: until it does, nobody waits for it again. */
  #slowSinceAnswer = -1;
  #starts: Promise<ReadonlyMap<string, KafkaPosition>> | undefined;

  private constructor(
    options: KafkaSourceOptions,
    parts: { readonly cluster: Cluster; readonly assignment: Assignment; readonly bell: Bell },
  ) {
    this.#options = options;
    this.#cluster = parts.cluster;
    this.#assignment = parts.assignment;
    this.#bell = parts.bell;
    this.identity = `kafka ${parts.assignment.clusterId}`;
    const { groupId } = options.table;
    this.#group =
      groupId === undefined
        ? undefined
        : new GroupProgress({
            cluster: parts.cluster,
            group: groupId,
            names: () => parts.assignment.names(),
            clock: options.clock,
            onProblem: options.onProblem,
          });
    const { assignment, cluster } = parts;
    const { clock } = options;
    const closing = this.#closing.signal;
    this.#lags = new KafkaLagWatch({ assignment, cluster, clock, sizes: this.#sizes, closing });
  }

  /**
   * Fails with what keeps from the topics: `unreachable`, `access_refused`, `secret_missing`,
   * `stream_missing`.
   */
  static async open(options: KafkaSourceOptions): Promise<KafkaSource> {
    await mkdir(options.spoolDirectory, { recursive: true });
    const { access, table, clock, random } = options;
    const cluster = new Cluster(access, table.isolation);
    const bell = new Bell();
    // What is asked of a cluster ends with it.
    const onAbort = (): void => void cluster.close();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      options.signal?.throwIfAborted();
      const assignment = await Assignment.open({ access, table, clock, random, cluster, bell });
      return new KafkaSource(options, { cluster, assignment, bell });
    } catch (thrown) {
      await cluster.close();
      throw thrown;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  async partitions(): Promise<readonly string[]> {
    return await Promise.resolve(this.#assignment.names());
  }

  async startPosition(partition: string): Promise<Position | undefined> {
    // All at once: partitions that start "now" start at one moment.
    this.#starts ??= startPositions(this.#cluster, this.#assignment, this.#options.table);
    const at = (await this.#starts).get(partition);
    return at === undefined ? undefined : formatPosition(at);
  }

  async positionsAt(point: StartPoint): Promise<ReadonlyMap<string, Position | undefined>> {
    const found = await positionsAt(this.#cluster, this.#assignment, point);
    return new Map([...found].map(([partition, at]) => [partition, formatPosition(at)]));
  }

  async checkPosition(partition: string, at: Position): Promise<void> {
    const { topic, partition: number } = this.#reader(partition);
    const log = await this.#cluster.logRange(topic, number);
    const { offset } = parsePosition(at);
    if (offset < log.start || offset > log.end) throw outsideOfLog(partition, offset, log);
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    return comparePositions(left, right);
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    request.signal.throwIfAborted();
    const reader = this.#reader(request.partition);
    const batch = (await this.#ahead.take(request)) ?? (await this.#readNow(reader, request));
    if (batch !== undefined) {
      const { signal } = this.#closing;
      this.#ahead.begin({ ...request, signal }, batch, async (next) => {
        return await this.#take(reader, next, Number.POSITIVE_INFINITY);
      });
    }
    return batch;
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.#mayHaveRecords(positions)) {
      await this.#bell.heard(signal);
      signal.throwIfAborted();
    }
  }

  /** Never: there may always be another record. */
  async hasEnded(): Promise<boolean> {
    return await Promise.resolve(false);
  }

  async bytesBehind(positions: Positions): Promise<number | undefined> {
    const lags = await this.partitionLags(positions);
    if (lags.some(({ bytes }) => bytes === undefined)) return undefined;
    return lags.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  }

  async partitionLags(positions: Positions): Promise<readonly PartitionLag[]> {
    return await this.#lags.lags(positions);
  }

  waiting(): SourceWait | undefined {
    return this.#lags.waiting();
  }

  async release(positions: Positions): Promise<void> {
    this.#group?.tell(positions);
    await Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ahead.close();
    await this.#group?.close();
    // What is asked of the cluster ends with it: nobody waits for a broker that doesn't answer.
    await Promise.all([this.#assignment.close(), this.#cluster.close()]);
  }

  async #readNow(reader: PartitionReader, request: ReadRequest): Promise<Batch | undefined> {
    this.#seek(reader, request.after);
    const offsetEnd =
      request.until === undefined ? Number.POSITIVE_INFINITY : parsePosition(request.until).offset;
    while ((reader.place?.offset ?? 0) < offsetEnd) {
      await this.#untilKnown(reader, request.signal);
      this.#assignment.throwIfFailed(reader);
      if (!reader.hasRecords) return undefined;
      const batch = await this.#take(reader, request, offsetEnd);
      if (batch !== undefined) return batch;
    }
    return await this.#pass(reader, request);
  }

  #reader(name: string): PartitionReader {
    const reader = this.#assignment.reader(name);
    if (reader !== undefined) return reader;
    const { topic, number } = parsePartitionName(name);
    throw partitionMissing(topic, number);
  }

  /** What is held is of use only where reading goes on. */
  #seek(reader: PartitionReader, after: Position | undefined): void {
    const at = after === undefined ? undefined : parsePosition(after);
    if (isAt(reader, at)) return;
    this.#assignment.begin(reader, at);
    this.#bell.ring();
  }

  /** Until it is known whether there are records; not long. */
  async #untilKnown(reader: PartitionReader, signal: AbortSignal): Promise<void> {
    reader.doubtEnd(this.#options.clock.monotonicMs());
    if (reader.isKnown || this.#slowSinceAnswer === this.#assignment.answerCount) return;
    this.#bell.ring();
    const patience = AbortSignal.timeout(answerPatienceMs);
    const either = AbortSignal.any([signal, patience]);
    while (!reader.isKnown && !either.aborted) await this.#bell.heard(either);
    signal.throwIfAborted();
    if (!reader.isKnown) this.#slowSinceAnswer = this.#assignment.answerCount;
  }

  /** Where the log begins at `until`, or behind it, nothing is in between; that moves on too. */
  async #pass(reader: PartitionReader, request: ReadRequest): Promise<Batch | undefined> {
    const { partition, after, until, bytesMax, signal } = request;
    if (after !== undefined || until === undefined) return undefined;
    reader.rest();
    const { form, spoolDirectory, clock } = this.#options;
    const nothing = { spoolDirectory, form, bytesMax, signal, take: () => 0 };
    const spooled = await spoolBatch(nothing);
    return { partition, from: after, to: until, arrivedAtMs: clock.nowMs(), ...spooled };
  }

  /** Undefined where the position did not move. */
  async #take(
    reader: PartitionReader,
    request: ReadRequest,
    offsetEnd: number,
  ): Promise<Batch | undefined> {
    const { form, spoolDirectory, clock } = this.#options;
    const { topic, partition } = reader;
    const from = reader.place?.offset;
    let lineCount = 0;
    const { newestMs, ...spooled } = await spoolBatch({
      spoolDirectory,
      form,
      bytesMax: request.bytesMax,
      signal: request.signal,
      take: (lines, bytesMax) => {
        const limits = { form, topic, partition, offsetEnd, bytesMax };
        const newest = this.#decode(reader, () => reader.take(lines, limits));
        lineCount = lines.lineCount;
        return newest;
      },
    });
    const { place } = reader;
    if (place === undefined || (place.offset === from && lineCount === 0)) {
      await spooled.release();
      return undefined;
    }
    this.#sizes.add(lineCount, spooled.content);
    this.#bell.ring();
    const to = this.#positionOf(reader, request.until, offsetEnd);
    // What lies behind it nobody may take for long, and it would keep others from being fetched.
    if (place.offset >= offsetEnd) reader.rest();
    const nowMs = clock.nowMs();
    // Producers write what they like for a time.
    const arrivedAtMs = newestMs > 0 ? Math.min(newestMs, nowMs) : nowMs;
    return { partition: request.partition, from: request.after, to, arrivedAtMs, ...spooled };
  }

  #positionOf(reader: PartitionReader, until: Position | undefined, offsetEnd: number): Position {
    const place = reader.place ?? { offset: 0, leaderEpoch: undefined };
    if (until !== undefined && place.offset === offsetEnd) return until;
    return formatPosition({ ...place, topicId: reader.topicId });
  }

  /** What is damaged is fetched once more, and told where it stays so. */
  #decode(reader: PartitionReader, take: () => number): number {
    try {
      return take();
    } catch (thrown) {
      if (!(thrown instanceof HeliosError)) throw thrown;
      this.#assignment.onDamage(reader, thrown);
      if (reader.failure !== undefined) throw reader.failure;
      return 0;
    }
  }

  #mayHaveRecords(positions: Positions): boolean {
    return this.#assignment.names().some((name) => {
      const reader = this.#assignment.reader(name);
      if (reader === undefined || !reader.isActive) return true;
      const at = positions.get(name);
      if (!isAt(reader, at === undefined ? undefined : parsePosition(at))) return true;
      return reader.hasRecords || this.#assignment.hasFailed(reader);
    });
  }
}

function isAt(reader: PartitionReader, at: KafkaPosition | undefined): boolean {
  if (!reader.isActive) return false;
  if (at === undefined) return reader.isUntouched;
  const isTopic = at.topicId === undefined || at.topicId === reader.topicId;
  return isTopic && reader.place?.offset === at.offset;
}
