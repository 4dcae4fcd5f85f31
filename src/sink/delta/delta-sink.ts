import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { NewDataFile, PartitionValues, ReplacedFiles } from '../../delta/delta.ts';
import { withTimesOf } from '../../delta/local-times.ts';
import { logFolder } from '../../delta/log/names.ts';
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
import { type FinishedFile, mergeParts, prepareForMerge } from '../table-files.ts';
import { type ReplaceContext, type ReplacePlan, replaceRows } from './replace-rows.ts';
import { RollNotes } from './roll-notes.ts';

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
  /** Of a table that is kept current. */
  readonly current?: CurrentTable | undefined;
};

export type CurrentTable = Pick<ReplaceContext, 'deletedRows'> & Pick<ReplacePlan, 'keys'>;

/**
 * A part this large becomes a data file as it is; merging more would only rewrite the same bytes.
 * So would merging one alone, however small.
 */
const finalShareOfTarget = 8;
/** So often a roll begins anew because others changed the table. */
const replacesMax = 20;
const targetBytesDefault = 128 * 1024 * 1024;

/** Rolls parts into a Delta table on this machine's disk. Format: Delta protocol (1,2). */
export class DeltaSink implements TableSink {
  readonly kind = 'table';
  readonly schema: Schema;
  readonly copyOptions: string;
  readonly finalBytesMin: number | undefined;
  readonly care: FileCare;
  readonly keys: readonly string[] | undefined;
  readonly #options: DeltaSinkOptions;
  #serial = 0;
  #notes: RollNotes | undefined;
  /** Of a transaction that a process before this one committed, perhaps as it died. */
  #durableEpoch: Epoch | undefined;

  constructor(options: DeltaSinkOptions) {
    const { connector } = options;
    this.#options = options;
    this.schema = options.schema;
    this.copyOptions = parquetCopyOptions(connector);
    const isPartitioned =
      connector.partitionFields.length > 0 || connector.timePartitionPattern !== undefined;
    const targetBytes = connector.rolling.fileBytes ?? targetBytesDefault;
    this.keys = options.current?.keys;
    const isFinal = !isPartitioned && options.current === undefined;
    this.finalBytesMin = isFinal ? targetBytes / finalShareOfTarget : undefined;
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
    const { table, storage } = this.#options;
    const found = await table.reached(sinkId);
    if (found !== undefined && found !== this.#durableEpoch) await storage.settle?.(logFolder);
    this.#durableEpoch = found;
    return found;
  }

  statsOf(copyRow: Readonly<Record<string, unknown>>): string {
    const asked = this.#options.table.snapshot().configuration['delta.dataSkippingNumIndexedCols'];
    if (asked === undefined) return columnStatsJson(copyRow, this.schema);
    return columnStatsJson(copyRow, this.schema, Number(asked) < 0 ? Infinity : Number(asked));
  }

  async clearStaging(): Promise<void> {
    await rm(this.#options.stagingDirectory, { recursive: true, force: true });
  }

  /** Where rows are replaced, others may change the table meanwhile: then once more. */
  async roll(request: RollRequest): Promise<RollOutcome> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#roll(request);
      } catch (thrown) {
        const isConflict = thrown instanceof HeliosError && thrown.code === 'table_conflict';
        if (this.keys === undefined || !isConflict || attempt >= replacesMax) throw thrown;
      }
    }
  }

  async #roll(request: RollRequest): Promise<RollOutcome> {
    const { current } = this.#options;
    const txnEpoch = await this.txnEpoch(request.sinkId);
    if (txnEpoch !== request.from) return { kind: 'overtaken', txnEpoch };
    const staging = join(this.#options.stagingDirectory, randomBytes(8).toString('hex'));
    await mkdir(staging, { recursive: true });
    try {
      const made =
        current === undefined
          ? { files: await this.#makeFiles(request.parts, staging) }
          : await this.#replaceRows(request.parts, current, staging);
      return await this.#rollFiles(request, made);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async #rollFiles(request: RollRequest, { files, replaces }: Made): Promise<RollOutcome> {
    this.#notes ??= new RollNotes(this.#options.storage, request.sinkId);
    const paths = files.map(({ path }) => path);
    await this.#notes.leave(request, paths);
    const adds: NewDataFile[] = [];
    for (const file of files) {
      adds.push(await this.#store(file));
      crashPoint('after-data-file');
    }
    crashPoint('before-commit');
    const outcome = await this.#options.table.commit({
      operation: 'STREAMING UPDATE',
      operationParameters: {
        outputMode: replaces === undefined ? 'Append' : 'Update',
        epochId: String(request.to),
      },
      transaction: { appId: request.sinkId, expected: request.from, version: request.to },
      adds,
      replaces,
      newColumns: this.#newColumns(),
      fileSchema: replaces === undefined ? this.#fileSchema() : undefined,
    });
    crashPoint('after-commit');
    if (outcome.kind === 'overtaken') {
      await this.#notes.discard(paths);
      return { kind: 'overtaken', txnEpoch: outcome.txnVersion };
    }
    this.#durableEpoch = request.to;
    await this.#tidy(request.to);
    const byteLength = adds.reduce((sum, add) => sum + add.byteLength, 0);
    return { kind: 'rolled', fileCount: adds.length, byteLength };
  }

  /** The roll is committed: what fails now is a problem to tell, not a failure of the roll. */
  async #tidy(to: Epoch): Promise<void> {
    const { table, onProblem } = this.#options;
    try {
      await this.#notes?.settle(to, table.state());
      await table.maybeCheckpoint();
    } catch (thrown) {
      onProblem(asHeliosError(thrown));
    }
  }

  /** Finished parts become files as they are; the others are merged into new ones. */
  async #makeFiles(parts: readonly Part[], staging: string): Promise<readonly MadeFile[]> {
    const made: MadeFile[] = [];
    for (const { path, statsJson } of parts) {
      if (statsJson === undefined) continue;
      // A vacuum takes files for what nobody needs when they are old and no version names them.
      const now = new Date(this.#options.clock.nowMs());
      await utimes(path, now, now);
      made.push(await this.#made(path, { folder: '', partitionValues: {}, statsJson }));
    }
    const rest = parts.filter((part) => part.statsJson === undefined);
    if (rest.length > 0) made.push(...(await this.#mergeParts(rest, staging)));
    return made;
  }

  /** The table's files without the rows of the parts' keys, and the rows that these have now. */
  async #replaceRows(
    parts: readonly Part[],
    { keys, deletedRows }: CurrentTable,
    staging: string,
  ): Promise<Made> {
    const { engine, connector, table, storage } = this.#options;
    await using connection = await engine.connect();
    await prepareForMerge(connection);
    const snapshot = table.snapshot();
    const { schemaString } = table.state().metadata;
    const plan = {
      ...{ parts, keys, snapshot, staging, copyOptions: this.copyOptions },
      schema: [
        ...withTimesOf(snapshot.schema, schemaString, { takesNew: false }),
        ...this.#newColumns(),
      ],
      partitionFields: connector.partitionFields,
      timePattern: undefined,
      timeColumn: undefined,
      targetBytes: connector.rolling.fileBytes ?? targetBytesDefault,
    };
    const { replaced, files } = await replaceRows({ connection, storage, deletedRows }, plan);
    return {
      files: await this.#finished(files),
      replaces: { version: snapshot.version, files: replaced },
    };
  }

  async #finished(files: readonly FinishedFile[]): Promise<readonly MadeFile[]> {
    return await Promise.all(
      files.map(
        async ({ localPath, copyRow, ...place }) =>
          await this.#made(localPath, { ...place, statsJson: this.statsOf(copyRow) }),
      ),
    );
  }

  async #mergeParts(parts: readonly Part[], staging: string): Promise<readonly MadeFile[]> {
    const { engine, connector, timeColumn } = this.#options;
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
    return await this.#finished(files);
  }

  async #made(localPath: string, file: StoredAs): Promise<MadeFile> {
    const { connector, clock } = this.#options;
    const name = dataFileName({
      naming: connector.naming,
      compression: connector.compression,
      serial: this.#serial++,
      nowMs: clock.nowMs(),
      random: randomBytes(16),
    });
    const { folder, partitionValues, statsJson } = file;
    const { size: byteLength } = await stat(localPath);
    const path = folder === '' ? name : `${folder}/${name}`;
    return { localPath, path, partitionValues, byteLength, statsJson };
  }

  async #store({ localPath, ...file }: MadeFile): Promise<NewDataFile> {
    const { storage, clock } = this.#options;
    await storage.putFile(file.path, localPath);
    return { ...file, modifiedAtMs: clock.nowMs() };
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

type StoredAs = {
  readonly folder: string;
  readonly partitionValues: PartitionValues;
  readonly statsJson: string;
};

/** What a roll makes. */
type Made = {
  readonly files: readonly MadeFile[];
  readonly replaces?: ReplacedFiles | undefined;
};

/** A finished file that is not yet stored. */
type MadeFile = Omit<NewDataFile, 'modifiedAtMs'> & { readonly localPath: string };
