import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import type { HeliosError } from '../../src/base/errors.ts';
import type { Batch, Position } from '../../src/event/record.ts';
import type { KinesisLimits } from '../../src/source/kinesis/kinesis-source.ts';
import { KinesisSource } from '../../src/source/kinesis/kinesis-source.ts';
import { ReadBudget } from '../../src/source/kinesis/stream/read-budget.ts';
import type { RecordForm, Source } from '../../src/source/source.ts';
import type { KinesisTable } from '../../src/sql/script.ts';

const lines: RecordForm = { kind: 'lines', isBinary: false, metadata: [] };

export type ReadingOptions = {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly offset?: KinesisTable['offset'];
  readonly consumer?: string;
  readonly form?: RecordForm;
  readonly clock?: Clock;
  /** From one read of a shard to the next, at least; emulators allow any. */
  readonly readIntervalMs?: number;
  readonly limits?: Partial<KinesisLimits>;
  readonly onProblem?: (problem: HeliosError) => void;
};

let openedCount = 0;
const spool = await mkdtemp(join(tmpdir(), 'helios-kinesis-'));
process.once('exit', () => void rm(spool, { recursive: true, force: true }));

/** A source as a pipeline opens it, that looks often. */
export async function openSource(options: ReadingOptions): Promise<KinesisSource> {
  const { client, stream, consumer, clock = systemClock } = options;
  return await KinesisSource.open({
    table: {
      kind: 'kinesis',
      connection: { profile: undefined, options: {} },
      stream,
      offset: options.offset ?? { kind: 'earliest' },
      fanOut: consumer === undefined ? undefined : { consumer },
    },
    form: options.form ?? lines,
    client,
    spoolDirectory: join(spool, String(openedCount++)),
    clock,
    budget: new ReadBudget(clock, options.readIntervalMs ?? 5),
    random: Math.random,
    pipelineId: 'p',
    onProblem: options.onProblem ?? (() => undefined),
    limits: { idleIntervalMs: 50, ...options.limits },
  });
}

export type ReadBatch = {
  readonly partition: string;
  readonly to: Position;
  readonly lines: readonly string[];
};

/**
 * Positions as a manifest holds them, and what was read to get there: the way that a pipeline reads,
 * one batch of each partition at a time.
 */
export class Reading {
  readonly positions: Map<string, Position> = new Map();
  readonly batches: ReadBatch[] = [];

  get lines(): readonly string[] {
    return this.batches.flatMap((batch) => batch.lines);
  }

  /** Where a new pipeline begins. */
  async begin(source: Source): Promise<void> {
    for (const partition of await source.partitions()) {
      const start = await source.startPosition(partition);
      if (start !== undefined) this.positions.set(partition, start);
    }
  }

  /**
   * Reads what there is now; true if there was something. `isLost`: as if the process had died
   * before what it read was committed.
   */
  async step(source: Source, bytesMax = 1_000_000, isLost = false): Promise<boolean> {
    const batches: Batch[] = [];
    const { signal } = new AbortController();
    for (const partition of await source.partitions()) {
      const after = this.positions.get(partition);
      const batch = await source.read({ partition, after, bytesMax, signal });
      if (batch !== undefined) batches.push(batch);
    }
    if (isLost) {
      for (const batch of batches) await batch.release();
      return batches.length > 0;
    }
    for (const batch of batches) this.batches.push(await keep(batch));
    // Only now are they committed.
    for (const { partition, to } of batches) this.positions.set(partition, to);
    return batches.length > 0;
  }

  /** Reads on, waiting where there is nothing, until what is wanted has come. */
  async until(source: Source, isEnough: () => boolean, timeoutMs = 30_000): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!isEnough()) {
      signal.throwIfAborted();
      if (await this.step(source)) continue;
      await source.hasEnded(this.positions);
      await source.waitForRecords(this.positions, signal);
    }
  }
}

async function keep(batch: Batch): Promise<ReadBatch> {
  if (batch.content.kind === 'parquet') throw new Error('Kinesis has no Parquet');
  const text = (await readFile(batch.content.path)).toString('utf8');
  await batch.release();
  const { partition, to } = batch;
  return { partition, to, lines: text.split('\n').slice(0, -1) };
}
