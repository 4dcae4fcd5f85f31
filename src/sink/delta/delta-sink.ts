import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { NewDataFile, PartitionValues } from '../../delta/delta.ts';
import { columnStatsJson } from '../../delta/stats.ts';
import type { DeltaTable } from '../../delta/table.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Epoch } from '../../event/record.ts';
import type { Schema } from '../../event/schema.ts';
import type { SinkConnector } from '../../sql/script.ts';
import type { Storage } from '../../storage/storage.ts';
import type { FileCare, Part, RollOutcome, RollRequest, TableSink } from '../sink.ts';
import { parquetCopyOptions } from '../copy-options.ts';
import { dataFileName } from '../file-name.ts';
import { mergeParts, prepareForMerge } from '../table-files.ts';

export type DeltaSinkOptions = {
  readonly table: DeltaTable;
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly connector: Extract<SinkConnector, { kind: 'delta' }>;
  /**
   * Columns of this sink's rows in stored types; new ones are added to the table at the next roll.
   */
  readonly schema: Schema;
  /** The rows' event time, where a column has it: for `time_partition_pattern`. */
  readonly timeColumn: string | undefined;
  /** Absolute folder on the table's file system for files that are not finished. */
  readonly stagingDirectory: string;
  /** Told of what failed without harm to the rows. */
  readonly onProblem: (problem: HeliosError) => void;
};

/**
 * A part this large becomes a data file as it is; merging more would only rewrite the same bytes.
 * So would merging one alone, however small.
 */
const finalShareOfTarget = 8;
const targetBytesDefault = 128 * 1024 * 1024;

/** Rolls parts into a Delta table on this machine's disk. Format: Delta protocol (1,2). */
export class DeltaSink implements TableSink {
  readonly kind = 'table';
  readonly schema: Schema;
  readonly copyOptions: string;
  readonly finalBytesMin: number | undefined;
  readonly care: FileCare;
  readonly #options: DeltaSinkOptions;
  #serial = 0;

  constructor(options: DeltaSinkOptions) {
    const { connector } = options;
    this.#options = options;
    this.schema = options.schema;
    this.copyOptions = parquetCopyOptions(connector);
    const isPartitioned =
      connector.partitionFields.length > 0 || connector.timePartitionPattern !== undefined;
    const targetBytes = connector.rolling.fileBytes ?? targetBytesDefault;
    this.finalBytesMin = isPartitioned ? undefined : targetBytes / finalShareOfTarget;
    const { compression, compaction } = connector;
    const { isOn, sortBy } = compaction ?? { isOn: true, sortBy: [] };
    this.care = { isOn, targetBytes, compression, sortBy };
  }

  get tableId(): string {
    return this.#options.table.snapshot().tableId;
  }

  get location(): string {
    return this.#options.storage.location;
  }

  async txnEpoch(sinkId: string): Promise<Epoch | undefined> {
    return await this.#options.table.reached(sinkId);
  }

  statsOf(copyRow: Readonly<Record<string, unknown>>): string {
    const asked = this.#options.table.snapshot().configuration['delta.dataSkippingNumIndexedCols'];
    if (asked === undefined) return columnStatsJson(copyRow, this.schema);
    return columnStatsJson(copyRow, this.schema, Number(asked) < 0 ? Infinity : Number(asked));
  }

  async clearStaging(): Promise<void> {
    await rm(this.#options.stagingDirectory, { recursive: true, force: true });
  }

  async roll(request: RollRequest): Promise<RollOutcome> {
    const txnEpoch = await this.txnEpoch(request.sinkId);
    if (txnEpoch !== request.from) return { kind: 'overtaken', txnEpoch };
    const adds = await this.#storeFiles(request.parts);
    crashPoint('after-data-file');
    await this.#leaveNote(request);
    crashPoint('before-commit');
    const outcome = await this.#options.table.commit({
      operation: 'STREAMING UPDATE',
      operationParameters: { outputMode: 'Append', epochId: String(request.to) },
      transaction: { appId: request.sinkId, expected: request.from, version: request.to },
      adds,
      newColumns: this.#newColumns(),
      fileSchema: this.#fileSchema(),
    });
    crashPoint('after-commit');
    if (outcome.kind === 'overtaken') {
      for (const add of adds) await this.#options.storage.delete(add.path);
      return { kind: 'overtaken', txnEpoch: outcome.txnVersion };
    }
    await this.#forgetNotes(request);
    await this.#checkpoint();
    const byteLength = adds.reduce((sum, add) => sum + add.byteLength, 0);
    return { kind: 'rolled', fileCount: adds.length, byteLength };
  }

  /** The roll is committed: what fails now is a problem to tell, not a failure of the roll. */
  async #checkpoint(): Promise<void> {
    try {
      await this.#options.table.maybeCheckpoint();
    } catch (thrown) {
      this.#options.onProblem(asHeliosError(thrown));
    }
  }

  /** Finished parts become files as they are; the others are merged into new ones. */
  async #storeFiles(parts: readonly Part[]): Promise<readonly NewDataFile[]> {
    const adds: NewDataFile[] = [];
    for (const part of parts) {
      if (part.statsJson === undefined) continue;
      const file = { folder: '', partitionValues: {}, statsJson: part.statsJson };
      // A vacuum takes files for what nobody needs when they are old and no version names them.
      const now = new Date(this.#options.clock.nowMs());
      await utimes(part.path, now, now);
      adds.push(await this.#store(part.path, file));
    }
    const rest = parts.filter((part) => part.statsJson === undefined);
    if (rest.length > 0) adds.push(...(await this.#mergeParts(rest)));
    return adds;
  }

  async #mergeParts(parts: readonly Part[]): Promise<readonly NewDataFile[]> {
    const { engine, stagingDirectory, connector, timeColumn } = this.#options;
    const staging = join(stagingDirectory, randomBytes(8).toString('hex'));
    await mkdir(staging, { recursive: true });
    try {
      await using connection = await engine.connect();
      await prepareForMerge(connection);
      const plan = {
        parts,
        schema: this.schema,
        partitionFields: connector.partitionFields,
        timePattern: connector.timePartitionPattern,
        timeColumn,
        targetBytes: connector.rolling.fileBytes ?? targetBytesDefault,
      };
      const files = await mergeParts(connection, plan, { staging, copyOptions: this.copyOptions });
      const adds: NewDataFile[] = [];
      for (const file of files) {
        const statsJson = this.statsOf(file.copyRow);
        adds.push(await this.#store(file.localPath, { ...file, statsJson }));
      }
      return adds;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async #store(localPath: string, file: StoredAs): Promise<NewDataFile> {
    const { storage, connector, clock } = this.#options;
    const name = dataFileName({
      naming: connector.naming,
      compression: connector.compression,
      serial: this.#serial++,
      nowMs: clock.nowMs(),
      random: randomBytes(16),
    });
    const path = file.folder === '' ? name : `${file.folder}/${name}`;
    const { size } = await stat(localPath);
    await storage.putFile(path, localPath);
    return {
      path,
      partitionValues: file.partitionValues,
      byteLength: size,
      modifiedAtMs: clock.nowMs(),
      statsJson: file.statsJson,
    };
  }

  async #leaveNote(request: RollRequest): Promise<void> {
    const note = {
      ...request.note,
      sink: request.sinkId,
      from: request.from ?? null,
      to: request.to,
    };
    const path = notePath(request.sinkId, request.to);
    await this.#options.storage.put(path, Buffer.from(`${JSON.stringify(note)}\n`));
  }

  /** Those of earlier commits, and of rolls that came to nothing. */
  async #forgetNotes({ sinkId, to }: RollRequest): Promise<void> {
    const { storage } = this.#options;
    for await (const { path } of storage.list(`_helios/${sinkId}/`)) {
      if (path < notePath(sinkId, to)) await storage.delete(path);
    }
  }

  /** What the files hold, by the table's names: another writer may have given them other types. */
  #fileSchema(): Schema {
    const { schema } = this.#options.table.snapshot();
    const names = new Map(schema.map(({ name }) => [name.toLowerCase(), name]));
    return this.schema.map((column) => ({
      ...column,
      name: names.get(column.name.toLowerCase()) ?? column.name,
    }));
  }

  #newColumns(): Schema {
    const known = new Set(
      this.#options.table.snapshot().schema.map((column) => column.name.toLowerCase()),
    );
    return this.schema.filter((column) => !known.has(column.name.toLowerCase()));
  }
}

/** Where a sink says how far its rows in the table reach, for whoever adopts the table. */
function notePath(sinkId: string, epoch: Epoch): string {
  return `_helios/${sinkId}/${String(epoch).padStart(20, '0')}.json`;
}

type StoredAs = {
  readonly folder: string;
  readonly partitionValues: PartitionValues;
  readonly statsJson: string;
};
