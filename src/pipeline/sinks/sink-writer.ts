import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import type { Connection, Row } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { EpochMs } from '../../event/record.ts';
import type { AppendSink, Part, Sink, TableSink } from '../../sink/sink.ts';
import type { EpochInput } from '../epoch/epoch-work.ts';
import type { SinkStep } from '../epoch/live-sink.ts';
import type { PartStore } from '../epoch/part-store.ts';

export type SinkWriterContext = {
  readonly connection: Connection;
  readonly sinks: readonly Sink[];
  readonly parts: PartStore;
  readonly scratchDirectory: string;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
};

export const nothingWritten: SinkStep = { part: undefined, rowCount: 0, fileBytes: undefined };

/** Puts an epoch's rows where its sinks want them: written first, then made durable. */
export class SinkWriter {
  readonly #context: SinkWriterContext;

  constructor(context: SinkWriterContext) {
    this.#context = context;
  }

  /** One sink's rows: a part that isn't durable yet, or what is to be appended. */
  async write(input: EpochInput, index: number, select: string): Promise<SinkStep> {
    const sink = this.#context.sinks[index];
    if (sink === undefined) return nothingWritten;
    if (sink.kind === 'append') return await this.#encode(sink, index, select);
    return await this.#writePart(input, sink, index, select);
  }

  /** What was written is complete: `steps` of all sinks, and other parts by name. */
  async finish(
    input: EpochInput,
    steps: readonly SinkStep[],
    otherParts: readonly string[],
  ): Promise<readonly SinkStep[]> {
    await this.sync(steps, otherParts);
    // Only now has all SQL succeeded: what a file or a terminal was given can't be asked back.
    return await Promise.all(
      steps.map(async (step, index) => await this.#append(input, index, step)),
    );
  }

  async sync(steps: readonly SinkStep[], otherParts: readonly string[] = []): Promise<void> {
    const written = steps.flatMap((step) => (step.part === undefined ? [] : [step.part.name]));
    const names = [...written, ...otherParts];
    if (names.length > 0) await this.#context.parts.sync(names);
  }

  async #writePart(
    input: EpochInput,
    sink: TableSink,
    index: number,
    select: string,
  ): Promise<SinkStep> {
    const run = this.#context.incarnation.slice(0, 8);
    const name = `${String(input.epoch).padStart(12, '0')}-${index}-${run}.parquet`;
    const path = this.#context.parts.path(name);
    const [row] = await this.#context.connection.rows(
      `COPY (${select}) TO ${quoteText(path)} (${sink.copyOptions}, RETURN_STATS)`,
    );
    crashPoint('after-part');
    const rowCount = Number(row?.['count'] ?? 0);
    if (row === undefined || rowCount === 0) {
      await rm(path, { force: true });
      return nothingWritten;
    }
    return { part: toPart(input, sink, { name, path, row }), rowCount, fileBytes: undefined };
  }

  async #encode(sink: AppendSink, index: number, select: string): Promise<SinkStep> {
    if (sink.encoding === 'none') return nothingWritten;
    const [row] = await this.#context.connection.rows(
      `COPY (${select}) TO ${quoteText(this.#encodedPath(index))}
        (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')`,
    );
    return { part: undefined, rowCount: Number(row?.['Count'] ?? 0), fileBytes: undefined };
  }

  async #append(input: EpochInput, index: number, step: SinkStep): Promise<SinkStep> {
    const sink = this.#context.sinks[index];
    if (sink?.kind !== 'append' || step.rowCount === 0) return step;
    const path = this.#encodedPath(index);
    const fileBytes = await sink.append(path, input.fileBytes[index] ?? 0);
    await rm(path, { force: true });
    return { ...step, fileBytes };
  }

  #encodedPath(index: number): string {
    return join(this.#context.scratchDirectory, `append-${index}.txt`);
  }
}

type WrittenPart = { readonly name: string; readonly path: string; readonly row: Row };

function toPart(input: EpochInput, sink: TableSink, written: WrittenPart): Part {
  return {
    name: written.name,
    path: written.path,
    firstEpoch: input.epoch,
    lastEpoch: input.epoch,
    rowCount: Number(written.row['count']),
    byteLength: Number(written.row['file_size_bytes']),
    statsJson: sink.finalBytesMin === undefined ? undefined : sink.statsOf(written.row),
    newestAtMs: newestArrival(input),
  };
}

function newestArrival(input: EpochInput): EpochMs {
  let newest = 0;
  for (const batches of input.batches.values()) {
    for (const batch of batches) newest = Math.max(newest, batch.arrivedAtMs);
  }
  return newest;
}
