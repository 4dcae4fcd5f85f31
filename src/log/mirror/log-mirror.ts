import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { LogFiles } from '../files.ts';
import type { Durability, LogLimits } from '../log.ts';
import type { Lines } from '../partition/group.ts';
import type { Stream } from '../stream.ts';
import type { Holds } from '../stream-files.ts';
import { MirroredQueue } from './mirrored-queue.ts';
import type { PendingBytes } from './mirrored-queue.ts';
import { careForObjects } from './object-care.ts';
import { PartitionObjects } from './partition-objects.ts';
import { reconcile } from './reconcile.ts';
import type { Reconciliation } from './reconcile.ts';
import { partitionPrefix, StoredStreams } from './stored-streams.ts';
import type { DeletedStream } from './stored-streams.ts';

export type MirrorOptions = {
  /** The log's own place in the store. */
  readonly storage: Storage;
  /** Requests gather so long for one object. */
  readonly intervalMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told when another machine writes the log: nothing is acknowledged here from then on. */
  readonly onFenced?: ((fenced: HeliosError) => void) | undefined;
};

type MirrorContext = MirrorOptions & {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly limits: LogLimits;
  readonly onProblem: (problem: HeliosError) => void;
};

/** Objects are looked after so often, where any were put. */
const careIntervalMs = 10 * 60_000;

/**
 * The log in an object store: what is acknowledged is there, and a machine with an empty disk makes
 * its log from it.
 */
export class LogMirror {
  readonly durability: Durability = { survives: 'machine', by: 's3' };
  readonly streams: StoredStreams;
  readonly #context: MirrorContext;
  readonly #pending: PendingBytes = { count: 0 };
  readonly #mirrored = new Map<string, MirroredStream>();
  readonly #closing = new AbortController();
  /** Deletions of objects that nobody waits for. */
  readonly #deletions = new Set<Promise<void>>();
  #lastCareMs: number;

  constructor(context: MirrorContext) {
    this.#context = context;
    this.streams = new StoredStreams(context.storage);
    this.#lastCareMs = context.clock.monotonicMs();
  }

  /** The store for people. */
  get location(): string {
    return this.#context.storage.location;
  }

  /**
   * Makes the stream the same here and in the store, all of its partitions, and takes requests from
   * then on. What was done is told; see `reconcile`.
   */
  async attach(stream: Stream): Promise<readonly Reconciliation[]> {
    const { files, clock, random, limits, intervalMs, onProblem, storage } = this.#context;
    const onFenced = this.#context.onFenced ?? onProblem;
    const mirrored = this.#mirrored.get(stream.id) ?? newMirrored();
    this.#mirrored.set(stream.id, mirrored);
    const signal = AbortSignal.any([this.#closing.signal, mirrored.deleted.signal]);
    const attaching = stream.partitions.map(async (partition, number) => {
      if (mirrored.partitions.has(number)) return [];
      const prefix = partitionPrefix(stream, number);
      const objects = new PartitionObjects(prefix, { storage, clock, random, signal });
      const done = await reconcile({ partition, objects, files });
      const pending = this.#pending;
      const shared = { limits, pending, clock, intervalMs, signal, onProblem, onFenced };
      const queue = new MirroredQueue({ partition, objects, ...shared });
      mirrored.partitions.set(number, { queue, objects });
      if (done.cutBytes > 0) onProblem(wasCut(partition.directory, done.cutBytes));
      return [done];
    });
    return (await Promise.all(attaching)).flat();
  }

  readonly saveHolds = async (stream: string, holds: Holds): Promise<void> => {
    await this.streams.saveHolds(stream, holds);
  };

  /** See `MirroredQueue.commit`. */
  async commit(stream: Stream, partition: number, lines: Lines): Promise<number> {
    const mirrored = this.#mirrored.get(stream.id)?.partitions.get(partition);
    if (mirrored === undefined) throw notAttached(stream.name);
    return await mirrored.queue.commit(lines);
  }

  /** The stream is no more, here and for every machine that comes. */
  async delete(stream: DeletedStream): Promise<void> {
    await this.streams.beginDeletion(stream);
    const mirrored = this.#mirrored.get(stream.id);
    mirrored?.deleted.abort();
    this.#mirrored.delete(stream.id);
    for (const { queue } of mirrored?.partitions.values() ?? []) await queue.whenIdle();
  }

  /** Deletes objects of a stream that is no more, in the background; goes on at the next start. */
  sweep(stream: DeletedStream): void {
    const sweeping = this.streams
      .endDeletion(stream, this.#closing.signal)
      .catch((thrown: unknown) => this.#context.onProblem(asHeliosError(thrown)))
      .finally(() => this.#deletions.delete(sweeping));
    this.#deletions.add(sweeping);
  }

  /** Deletes what is past its retention, merges what is small; nothing where nothing was put. */
  async care(streams: Iterable<Stream>): Promise<void> {
    const { clock } = this.#context;
    if (clock.monotonicMs() - this.#lastCareMs < careIntervalMs) return;
    this.#lastCareMs = clock.monotonicMs();
    for (const stream of streams) await this.#careFor(stream);
  }

  async #careFor(stream: Stream): Promise<void> {
    const { clock } = this.#context;
    const partitions =
      this.#mirrored.get(stream.id)?.partitions ?? new Map<number, MirroredPartition>();
    const isActive = partitions.values().some(({ objects }) => objects.puts > 0);
    if (!isActive) return;
    // After a restore no hold may lie before what is deleted now.
    await this.streams.saveHolds(stream.name, stream.holds);
    for (const [number, { objects }] of partitions) {
      const { startOffset } = stream.partition(number);
      await careForObjects({ objects, startOffset, nowMs: clock.nowMs() });
    }
  }

  /** Resolves when all requests are answered. */
  async drain(): Promise<void> {
    await Promise.all(this.#queues().map(async (queue) => await queue.drain()));
  }

  /** Lets go of what waits for the store: it is put when the log is opened again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#queues().map(async (queue) => await queue.whenIdle()));
    await Promise.all(this.#deletions);
  }

  #queues(): readonly MirroredQueue[] {
    return [...this.#mirrored.values()].flatMap(({ partitions }) =>
      [...partitions.values()].map(({ queue }) => queue),
    );
  }
}

type MirroredStream = {
  readonly deleted: AbortController;
  readonly partitions: Map<number, MirroredPartition>;
};

type MirroredPartition = {
  readonly queue: MirroredQueue;
  readonly objects: PartitionObjects;
};

function newMirrored(): MirroredStream {
  return { deleted: new AbortController(), partitions: new Map() };
}

function wasCut(directory: string, byteLength: number): HeliosError {
  return new HeliosError(
    'conflict',
    `Another machine went on with ${directory}: ${byteLength} bytes at its end, ` +
      'which were never acknowledged, are cut off.',
  );
}

function notAttached(stream: string): HeliosError {
  return new HeliosError('unavailable', `The stream "${stream}" is not ready yet.`, {
    hint: 'Send again after a moment. Nothing of this request was stored.',
  });
}
