import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { crashPoint } from '../../base/crash-point.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import { columnStatsJson } from '../../delta/stats.ts';
import { storedSchema } from '../../delta/schema-json.ts';
import type { Connection, Engine } from '../../engine/engine.ts';
import type { Epoch } from '../../event/record.ts';
import type { Schema } from '../../event/schema.ts';
import type { SinkConnector } from '../../sql/script.ts';
import type { Storage } from '../../storage/storage.ts';
import { parquetCopyOptions } from '../copy-options.ts';
import { rawFileName } from '../file-name.ts';
import { chunks, mergeParts, prepareForMerge } from '../table-files.ts';
import type { Part, RollOutcome, RollRequest, TableSink } from '../sink.ts';
import type { FileTable, NewListing } from './file-table.ts';
import {
  type CommittedFile,
  type FilesPlan,
  listingPath,
  parseDocument,
  planPath,
  planPrefix,
  printDocument,
} from './listing.ts';
import { type LinesPlan, timelessFolder, writeLines } from './write-lines.ts';

export type FilesystemSinkOptions = {
  readonly table: FileTable;
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly connector: Extract<SinkConnector, { kind: 'filesystem' }>;
  /** The rows' columns as files hold them: JSON lines keep JSON. */
  readonly columns: Schema;
  /** The rows' event time, where a column has it: for the folders of a time pattern. */
  readonly timeColumn: string | undefined;
  /** Absolute folder for unfinished files, not below the table's. */
  readonly stagingDirectory: string;
  /** Told of what failed without harm to the rows. */
  readonly onProblem: (problem: HeliosError) => void;
};

/** A part this large becomes a file as it is, as in a Delta table. */
const finalShareOfTarget = 8;
const targetBytesDefault = 128 * 1024 * 1024;

/**
 * Rolls parts into raw files, of Parquet or of JSON lines.
 *
 * A roll goes: plan, files, listing. The plan names the files before the first of them is visible;
 * the listing makes them the table's, all at once. Who finds a plan that no listing followed first
 * takes the listing's number, so that the plan's owner can't commit any more, and deletes its
 * files; only then are the same rows written again. So a reader who looks at the folder alone never
 * sees a row twice after a crash: what is visible are listed files, and some of one plan's.
 */
export class FilesystemSink implements TableSink {
  readonly kind = 'table';
  readonly schema: Schema;
  readonly copyOptions: string;
  readonly finalBytesMin: number | undefined;
  readonly #options: FilesystemSinkOptions;
  #serial = 0;
  /** Of a listing that a process before this one put, perhaps as it died. */
  #durableEpoch: Epoch | undefined;
  /** Bytes of files for a byte of parts, by the last roll. */
  #expansion: number;

  constructor(options: FilesystemSinkOptions) {
    const { connector } = options;
    this.#options = options;
    this.schema = storedSchema(options.columns);
    const { format } = connector;
    this.copyOptions =
      format.kind === 'parquet' ? parquetCopyOptions(format) : 'FORMAT parquet, COMPRESSION zstd';
    const isSplit =
      connector.partitionFields.length > 0 || connector.timePartitionPattern !== undefined;
    const isFinal = format.kind === 'parquet' && !isSplit;
    this.finalBytesMin = isFinal ? this.#targetBytes / finalShareOfTarget : undefined;
    this.#expansion = format.kind === 'json' && format.compression === 'uncompressed' ? 8 : 1;
  }

  get tableId(): string {
    return this.#options.table.snapshot().tableId;
  }

  get location(): string {
    return this.#options.storage.location;
  }

  async txnEpoch(sinkId: string): Promise<Epoch | undefined> {
    const { table, storage } = this.#options;
    const { transactions } = await table.refresh();
    const found = transactions.get(sinkId)?.version;
    if (found !== undefined && found !== this.#durableEpoch) {
      await storage.settle?.(dirname(listingPath(sinkId, 0)));
    }
    this.#durableEpoch = found;
    return found;
  }

  statsOf(copyRow: Readonly<Record<string, unknown>>): string {
    return columnStatsJson(copyRow, this.schema);
  }

  async clearStaging(): Promise<void> {
    await rm(this.#options.stagingDirectory, { recursive: true, force: true });
  }

  async roll(request: RollRequest): Promise<RollOutcome> {
    const txnEpoch = await this.txnEpoch(request.sinkId);
    if (txnEpoch !== request.from) return { kind: 'overtaken', txnEpoch };
    if (!(await this.#endPlans(request))) return await this.#overtaken(request);
    const staging = join(this.#options.stagingDirectory, randomBytes(8).toString('hex'));
    await mkdir(staging, { recursive: true });
    try {
      return await this.#rollFiles(request, await this.#makeFiles(request.parts, staging));
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async #rollFiles(request: RollRequest, made: readonly MadeFile[]): Promise<RollOutcome> {
    const { storage, table } = this.#options;
    const plan = planPath(request.sinkId, randomUUID());
    const files = made.map(({ file }) => file);
    const named: FilesPlan = { files: files.map(({ path }) => path) };
    await storage.put(plan, printDocument(named));
    for (const { file, localPath } of made) {
      await storage.putFile(file.path, localPath);
      crashPoint('after-data-file');
    }
    crashPoint('before-commit');
    const outcome = await table.commit({ ...this.#listing(request), files });
    crashPoint('after-commit');
    if (outcome === 'overtaken') {
      await this.#discard(plan, named);
      return await this.#overtaken(request);
    }
    this.#durableEpoch = request.to;
    await this.#tidy(request.sinkId, plan);
    const byteLength = files.reduce((sum, { bytes }) => sum + bytes, 0);
    return { kind: 'rolled', fileCount: files.length, byteLength };
  }

  #listing({ sinkId, from, to, note }: RollRequest): Omit<NewListing, 'files'> {
    const { clock, columns } = this.#options;
    return { ...note, sink: sinkId, from: from ?? null, to, committedAtMs: clock.nowMs(), columns };
  }

  async #makeFiles(parts: readonly Part[], staging: string): Promise<readonly MadeFile[]> {
    await using connection = await this.#options.engine.connect();
    const { format } = this.#options.connector;
    if (format.kind === 'json') return await this.#makeLines(connection, parts, staging);
    const finished = parts.filter(({ statsJson }) => statsJson !== undefined);
    const rest = parts.filter(({ statsJson }) => statsJson === undefined);
    const made = finished.map(({ path, rowCount, byteLength, statsJson }) =>
      this.#made(path, { rows: rowCount, bytes: byteLength, stats: statsJson ?? null }),
    );
    return rest.length === 0 ? made : [...made, ...(await this.#merge(connection, rest, staging))];
  }

  async #merge(
    connection: Connection,
    parts: readonly Part[],
    staging: string,
  ): Promise<readonly MadeFile[]> {
    await prepareForMerge(connection);
    const { schema } = this;
    const targetBytes = this.#targetBytes;
    const plan = { ...this.#split, parts, schema, targetBytes, timelessFolder };
    const files = await mergeParts(connection, plan, { staging, copyOptions: this.copyOptions });
    return await Promise.all(
      files.map(async ({ localPath, copyRow, ...place }) => {
        const { size: bytes } = await stat(localPath);
        const stats = this.statsOf(copyRow);
        return this.#made(localPath, { ...place, rows: Number(copyRow['count']), bytes, stats });
      }),
    );
  }

  async #makeLines(
    connection: Connection,
    parts: readonly Part[],
    staging: string,
  ): Promise<readonly MadeFile[]> {
    const { connector, columns } = this.#options;
    const { format } = connector;
    if (format.kind !== 'json') return [];
    const made: MadeFile[] = [];
    const bytesOfParts = Math.max(1, this.#targetBytes / this.#expansion);
    for (const [index, some] of chunks(parts, bytesOfParts).entries()) {
      const folder = join(staging, `${index}`);
      await mkdir(folder);
      const plan = { ...format, ...this.#split, parts: some, columns, staging: folder };
      const files = await writeLines(connection, plan);
      made.push(...files.map(({ localPath, ...file }) => this.#made(localPath, file)));
    }
    const bytesIn = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bytesOut = made.reduce((sum, { file }) => sum + file.bytes, 0);
    if (bytesIn > 0 && bytesOut > 0) this.#expansion = bytesOut / bytesIn;
    return made;
  }

  /** How rows are split into folders. */
  get #split(): Pick<LinesPlan, 'partitionFields' | 'timePattern' | 'timeColumn'> {
    const { connector, timeColumn } = this.#options;
    const { partitionFields, timePartitionPattern: timePattern } = connector;
    return { partitionFields, timePattern, timeColumn };
  }

  get #targetBytes(): number {
    return this.#options.connector.rolling.fileBytes ?? targetBytesDefault;
  }

  #made(localPath: string, file: NewFile): MadeFile {
    const { connector, clock } = this.#options;
    const parts = {
      naming: connector.naming,
      serial: this.#serial++,
      nowMs: clock.nowMs(),
      random: randomBytes(16),
    };
    const name = rawFileName(parts, extensionOf(connector.format));
    const { folder = '', partitionValues = {}, rows, bytes, stats = null } = file;
    const path = folder === '' ? name : `${folder}/${name}`;
    return { localPath, file: { path, rows, bytes, partitionValues, stats } };
  }

  async #overtaken({ sinkId }: RollRequest): Promise<RollOutcome> {
    return { kind: 'overtaken', txnEpoch: await this.txnEpoch(sinkId) };
  }

  /**
   * Deletes the files of plans that no listing followed. False where somebody else has committed
   * meanwhile.
   */
  async #endPlans(request: RollRequest): Promise<boolean> {
    const { storage, table } = this.#options;
    const plans = new Map<string, FilesPlan>();
    for await (const { path } of storage.list(planPrefix(request.sinkId))) {
      const place = `${storage.location}/${path}`;
      plans.set(path, parseDocument<FilesPlan>(await storage.read(path), place, ['files']));
    }
    const listed = new Set(table.snapshot().files.map(({ path }) => path));
    const open = [...plans].filter(([, { files }]) => !files.some((path) => listed.has(path)));
    if (open.length > 0 && !(await this.#takeNumber(request, open))) return false;
    for (const [path, plan] of open) await this.#discard(path, plan);
    for (const path of plans.keys()) await storage.delete(path);
    return true;
  }

  /** A listing without rows: from now on whoever made the plans can't commit them. */
  async #takeNumber(
    request: RollRequest,
    open: readonly (readonly [string, FilesPlan])[],
  ): Promise<boolean> {
    const { clock, table } = this.#options;
    const reached = request.from ?? null;
    const outcome = await table.commit({
      sink: request.sinkId,
      from: reached,
      to: reached,
      committedAtMs: clock.nowMs(),
      columns: [],
      files: [],
      cancels: open.map(([path]) => path),
    });
    return outcome === 'committed';
  }

  /** The roll is committed: what fails now is a problem to tell, not a failure of the roll. */
  async #tidy(sinkId: string, plan: string): Promise<void> {
    const { storage, table, onProblem } = this.#options;
    try {
      await storage.delete(plan);
      await table.summarize(sinkId);
    } catch (thrown) {
      onProblem(asHeliosError(thrown));
    }
  }

  async #discard(path: string, plan: FilesPlan): Promise<void> {
    const { storage } = this.#options;
    for (const file of plan.files) await storage.delete(file);
    await storage.delete(path);
  }
}

type MadeFile = { readonly file: CommittedFile; readonly localPath: string };

type NewFile = Pick<CommittedFile, 'rows' | 'bytes'> &
  Partial<Pick<CommittedFile, 'partitionValues' | 'stats'>> & {
    readonly folder?: string | undefined;
  };

function extensionOf(format: FilesystemSinkOptions['connector']['format']): string {
  if (format.kind === 'parquet') return '.parquet';
  return { uncompressed: '.json', gzip: '.json.gz', zstd: '.json.zst' }[format.compression];
}
