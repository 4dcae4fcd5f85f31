import { randomUUID } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { asHeliosError, HeliosError } from '../base/errors.ts';
import { CommitQueue } from './commit-queue.ts';
import { nodeFiles, onStorage, storageError } from './files.ts';
import type { LogFiles } from './files.ts';
import { hashRequest, Idempotency } from './idempotency.ts';
import type { RequestKey } from './idempotency.ts';
import { LogFolder } from './log-folder.ts';
import { defaultLimits, defaultStream, retentionMsDefault } from './log.ts';
import type {
  AppendRequest,
  Appended,
  DamagedStream,
  Durability,
  LogBatch,
  LogLimits,
  LogLine,
  StreamInfo,
  StreamRequest,
} from './log.ts';
import { LogMirror } from './mirror/log-mirror.ts';
import type { MirrorOptions } from './mirror/log-mirror.ts';
import { openMirrored } from './mirror/open-mirrored.ts';
import { NotYetStored } from './not-yet-stored.ts';
import type { LogParts } from './partition/partition.ts';
import { TailBudget } from './partition/tail.ts';
import { Turns } from './partition/turns.ts';
import { Spool } from './spool.ts';
import {
  checkIsNew,
  checkName,
  checkPartitions,
  fewerPartitions,
  isClosing,
  isHeld,
  retentionOf,
  tooLarge,
} from './stream-request.ts';
import type { Stream } from './stream.ts';

export type EventLogOptions = {
  /** The data directory; the log is in `log` and `tmp/spool` below it. One process at a time. */
  readonly directory: string;
  readonly clock: Clock;
  readonly files?: LogFiles | undefined;
  readonly limits?: Partial<LogLimits> | undefined;
  /** Requests are acknowledged once they are there too; what is there comes here. */
  readonly mirror?: MirrorOptions | undefined;
  /** Told about what fails in the background: retention. It is tried again. */
  readonly onProblem?: ((problem: HeliosError) => void) | undefined;
};

/** How often old records are looked for. */
const retentionIntervalMs = 10_000;

/**
 * The embedded event log; `log.ts` says what lies where. An append is acknowledged once its bytes
 * and its index entry are synced, and is in the log as a whole or not at all, whatever crashes.
 */
export class EventLog {
  readonly #folder: LogFolder;
  readonly #parts: LogParts;
  readonly #queue: CommitQueue;
  readonly #idempotency: Idempotency;
  readonly #mirror: LogMirror | undefined;
  readonly #streams = new Map<string, Stream>();
  /** Creations and deletions of streams, one at a time. */
  readonly #changes = new Turns();
  readonly #closing = new AbortController();
  readonly #onProblem: (problem: HeliosError) => void;
  #retention: Promise<void> = Promise.resolve();

  private constructor(options: EventLogOptions, parts: LogParts, mirror: LogMirror | undefined) {
    this.#mirror = mirror;
    this.#parts = parts;
    this.#folder = new LogFolder(`${options.directory}/log`, parts);
    this.#queue = new CommitQueue(parts.limits);
    this.#idempotency = new Idempotency(parts.clock, parts.limits.keysMax);
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  /**
   * Opens what is there, cuts torn tails, and makes sure that the stream `events` exists. Streams
   * that are damaged don't keep the others: see `damagedStreams`.
   */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const files = options.files ?? nodeFiles;
    const limits = { ...defaultLimits, ...options.limits };
    const tailBudget = new TailBudget(limits.tailBytesMax);
    return await onStorage(`open the event log in ${options.directory}`, async () => {
      const spool = await Spool.open(files, `${options.directory}/tmp/spool`);
      const { clock, mirror: mirrored, onProblem = () => undefined } = options;
      const mirror = mirrored && new LogMirror({ ...mirrored, files, clock, limits, onProblem });
      const durability = mirror?.durability ?? onThisDisk;
      const saveHolds = mirror?.saveHolds;
      const parts = { files, clock, limits, spool, tailBudget, durability, saveHolds };
      const log = new EventLog(options, parts, mirror);
      try {
        await log.#openStreams();
        if (!log.#folder.damageOf(defaultStream)) await log.ensureStream(defaultStream);
      } catch (thrown) {
        await Promise.allSettled([log.close()]);
        throw thrown;
      }
      log.#retention = log.#enforceRetentionForever();
      return log;
    });
  }

  /** What an acknowledged record of its streams survives. */
  get durability(): Durability {
    return this.#parts.durability;
  }

  listStreams(): readonly StreamInfo[] {
    return [...this.#streams.values()].map((stream) => stream.info());
  }

  damagedStreams(): readonly DamagedStream[] {
    return this.#folder.damaged;
  }

  /** `not_found` where there is no such stream; `corrupt_data` for one that is damaged. */
  checkStream(name: string): void {
    this.#stream(name);
  }

  /** `not_found` where there is no such stream. */
  getStream(name: string): StreamInfo {
    return this.#stream(name).info();
  }

  /** `invalid_name`, `already_exists` (names must differ by more than case), `invalid_request`. */
  async createStream(request: StreamRequest): Promise<StreamInfo> {
    return await this.#change(`create the stream "${request.name}"`, async () => {
      return await this.#create(request);
    });
  }

  /** The stream of this name, made now with the defaults if there is none. */
  async ensureStream(name: string): Promise<StreamInfo> {
    return await this.#change(`create the stream "${name}"`, async () => {
      return this.#streams.get(name)?.info() ?? (await this.#create({ name }));
    });
  }

  /** Changes what is given. Partitions can't become fewer. */
  async alterStream(request: StreamRequest): Promise<StreamInfo> {
    const stream = this.#stream(request.name);
    const count = stream.partitions.length;
    const partitions = checkPartitions(request.partitions ?? count);
    if (partitions < count) throw fewerPartitions(request.name, count, partitions);
    const retention = retentionOf(request, stream.info().retention);
    return await this.#change(`change the stream "${request.name}"`, async () => {
      // There first: who makes its log from the store misses no partition.
      await this.#mirror?.streams.save({ ...stream.definition, partitions, retention });
      await stream.alter(partitions, retention);
      await this.#mirror?.attach(stream);
      return stream.info();
    });
  }

  /**
   * Deletes a stream with its records; `conflict` while a reader holds it, unless `isForced`.
   * The stream `events` is there again at once, empty.
   */
  async deleteStream(name: string, { isForced }: { readonly isForced: boolean }): Promise<void> {
    await this.#change(`delete the stream "${name}"`, async () => {
      const stream = this.#stream(name);
      if (stream.readers.length > 0 && !isForced) throw isHeld(stream);
      await this.#mirror?.delete(stream);
      stream.markDeleted();
      await stream.whenIdle();
      await this.#folder.remove(stream, () => this.#streams.delete(name));
      this.#mirror?.sweep(stream);
      if (name === defaultStream) await this.#create({ name });
    });
  }

  /**
   * Stores a request's lines, all or none, and resolves once they are durable. Rejects with
   * `too_large`, `too_busy`, `stream_full`, `disk_full`, `storage_failed`, `idempotency_mismatch`
   * or `unavailable`; then nothing of it is stored. No lines are no request: nothing is remembered.
   */
  async append(name: string, request: AppendRequest): Promise<Appended> {
    if (this.#closing.signal.aborted) throw isClosing();
    const stream = this.#stream(name);
    const { lines, idempotencyKey } = request;
    let byteLength = 0;
    for (const chunk of lines) {
      assert(!isFreed(chunk), 'what is appended was not appended before');
      byteLength += chunk.byteLength;
    }
    const { requestBytesMax } = this.#parts.limits;
    if (byteLength > requestBytesMax) throw tooLarge(byteLength, requestBytesMax);
    if (byteLength === 0) return nothingAppended(stream);
    assert(lines.at(-1)?.at(-1) === newline, 'what is appended ends in a newline');
    if (idempotencyKey === undefined) return await this.#store(stream, lines, byteLength);
    const key = hashRequest(stream.id, idempotencyKey, request.bodyHash ?? lines);
    const store = async (): Promise<Appended> => await this.#store(stream, lines, byteLength, key);
    return await this.#idempotency.once(key, store);
  }

  /**
   * Whole lines of a partition after offset `after` (its start where undefined), as a file. About
   * `bytesMax` bytes: the batch ends with the line that reaches them. Undefined at the end.
   */
  async read(
    name: string,
    partition: number,
    after: number | undefined,
    bytesMax: number,
  ): Promise<LogBatch | undefined> {
    return await onStorage(`read the stream "${name}"`, async () => {
      return await this.#stream(name).partition(partition).read(after, bytesMax);
    });
  }

  /** The first line of a partition that begins at `near` or after it; undefined at the end. */
  async lineAt(name: string, partition: number, near: number): Promise<LogLine | undefined> {
    return await onStorage(`read the stream "${name}"`, async () => {
      return await this.#stream(name).partition(partition).lineAt(near);
    });
  }

  /** Resolves when a partition has records after its offset; rejects when the signal aborts. */
  async waitForRecords(
    name: string,
    offsets: ReadonlyMap<number, number>,
    signal: AbortSignal,
  ): Promise<void> {
    const stream = this.#stream(name);
    for (;;) {
      signal.throwIfAborted();
      stream.checkExists();
      if (stream.hasRecordsAfter(offsets)) return;
      await stream.nextChange(signal);
    }
  }

  /** The offsets up to which a reader needs nothing any more, or undefined if it holds nothing. */
  getHold(name: string, reader: string): ReadonlyMap<number, number> | undefined {
    return this.#stream(name).hold(reader);
  }

  /**
   * From now on, across restarts, retention keeps everything after these offsets for `reader`;
   * partitions that are not named are kept whole.
   */
  async setHold(name: string, reader: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await onStorage(`note what "${reader}" reads`, async () => {
      await this.#stream(name).setHold(reader, offsets);
    });
  }

  /** Lets retention pass. Nothing happens if there is no such hold or stream. */
  async removeHold(name: string, reader: string): Promise<void> {
    await onStorage(`forget what "${reader}" reads`, async () => {
      await this.#streams.get(name)?.removeHold(reader);
    });
  }

  /** Deletes, in all streams, what is past its retention. Also runs by itself. */
  async enforceRetention(): Promise<void> {
    for (const stream of this.#streams.values()) await stream.enforceRetention();
    await this.#mirror?.care(this.#streams.values());
  }

  /** Waits for appends that are under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#retention;
    await this.#queue.drain();
    await this.#mirror?.drain();
    await this.#mirror?.close();
    await this.#change('close the event log', async () => {
      const closing = [...this.#streams.values()].map(async (stream) => await stream.close());
      this.#streams.clear();
      await Promise.allSettled(closing);
      await Promise.all(closing);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #change<T>(doing: string, change: () => Promise<T>): Promise<T> {
    return await this.#changes.run(async () => await onStorage(doing, change));
  }

  async #openStreams(): Promise<void> {
    for await (const stream of this.#folder.open()) this.#streams.set(stream.name, stream);
    if (this.#mirror) await openMirrored(this.#mirror, this.#folder, this.#streams);
    for (const stream of this.#streams.values()) {
      await stream.rememberKeys(this.#idempotency).catch(async (thrown: unknown) => {
        this.#folder.noteDamage(stream.name, thrown);
        this.#streams.delete(stream.name);
        await stream.close();
      });
    }
    for (const { error } of this.#folder.damaged) this.#onProblem(error);
  }

  async #create(request: StreamRequest): Promise<StreamInfo> {
    checkName(request.name);
    const partitions = checkPartitions(request.partitions ?? 1);
    const retention = retentionOf(request, { ageMs: retentionMsDefault, bytes: undefined });
    this.#checkIsNew(request.name);
    const { name } = request;
    const createdAtMs = this.#parts.clock.nowMs();
    const definition = { id: randomUUID(), name, createdAtMs, partitions, retention };
    const stream = await this.#folder.make(definition);
    try {
      await this.#mirror?.streams.save(definition);
      await this.#mirror?.attach(stream);
    } catch (thrown) {
      await this.#folder.remove(stream, () => undefined);
      throw thrown;
    }
    this.#streams.set(name, stream);
    return stream.info();
  }

  async #store(
    stream: Stream,
    chunks: readonly Uint8Array[],
    byteLength: number,
    key?: RequestKey,
  ): Promise<Appended> {
    if (!stream.hasRoom(byteLength)) await stream.makeRoom(byteLength);
    stream.takeRoom(byteLength);
    const partition = stream.pick(key?.keyHash);
    const appendedAt = (from: number): Appended => {
      return { partition, from, to: from + byteLength, isDuplicate: false };
    };
    const lines = { chunks, byteLength, key };
    let isLate = false;
    try {
      const committing =
        this.#mirror?.commit(stream, partition, lines) ??
        this.#queue.commit({ partition: stream.partition(partition), lines });
      return appendedAt(await committing);
    } catch (thrown) {
      if (!(thrown instanceof NotYetStored)) throw thrown;
      isLate = true;
      const stored = thrown.stored.finally(() => stream.giveBackRoom(byteLength));
      throw new NotYetStored(thrown.reason, stored.then(appendedAt));
    } finally {
      if (!isLate) stream.giveBackRoom(byteLength);
    }
  }

  async #enforceRetentionForever(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#parts.clock.sleep(retentionIntervalMs, signal);
        await this.enforceRetention();
      } catch (thrown) {
        if (signal.aborted) return;
        const problem = storageError(thrown, 'delete records that are past their retention');
        this.#onProblem(asHeliosError(problem));
      }
    }
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    const damage = this.#folder.damageOf(name);
    if (damage !== undefined) throw damage;
    const names = [...this.#streams.keys()].map((other) => `"${other}"`).join(', ');
    throw new HeliosError('not_found', `The stream "${name}" does not exist.`, {
      hint: `Create it with: helios stream create ${name}. There are: ${names}.`,
    });
  }

  #checkIsNew(name: string): void {
    const damage = this.#folder.damageOf(name);
    if (damage !== undefined) throw damage;
    const damaged = this.#folder.damaged.map((stream) => stream.name);
    checkIsNew(name, [...this.#streams.keys(), ...damaged]);
  }
}

const onThisDisk: Durability = { survives: 'disk', by: 'volume' };
const newline = 0x0a;

function isFreed({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}

function nothingAppended(stream: Stream): Appended {
  const offset = stream.partition(0).endOffset;
  return { partition: 0, from: offset, to: offset, isDuplicate: false };
}
