import { rm } from 'node:fs/promises';
import { crashPoint } from '../../base/crash-point.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Epoch } from '../../event/record.ts';
import type { WindowNode } from '../dataflow/dataflow.ts';
import type { PartStore } from '../epoch/part-store.ts';
import {
  endUs,
  type ManifestStreamNode,
  type StatePart,
  type TimeUs,
  toWatermark,
  watermarkText,
} from './manifest-stream.ts';
import { type DoneMerge, PartMerges, replaceParts } from './node-parts.ts';
import type { MergeTask } from './state-merger.ts';
import { storedType } from './stored-type.ts';
import { SessionSql } from './session-sql.ts';
import { SlidingSql } from './sliding-sql.ts';
import { type Move, stateColumns, type WindowSql } from './window-sql.ts';

export type WindowStateContext = {
  readonly connection: Connection;
  readonly parts: PartStore;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
  /** The node's, by `nodeIdentities`. */
  readonly identity: string;
};

/** What an epoch does to a node. Nothing of it is true before `publish`. */
export type WindowStep = {
  /** Some window ended, and `closed` may have rows. */
  readonly hasClosed: boolean;
  /** Rows whose earliest window had ended before. */
  readonly lateRows: number;
  /** Writes what is kept of the epoch; gives the file's name, if there is one. */
  readonly writePart: (epoch: Epoch) => Promise<StatePart | undefined>;
  /** The node's entry of the manifest that makes it true. */
  readonly next: (part: StatePart | undefined) => ManifestStreamNode;
  /** That manifest is put. */
  readonly publish: (entry: ManifestStreamNode) => Promise<void>;
};

type Taken = {
  readonly timeless: number;
  readonly late: number;
  readonly firstEndUs: TimeUs | undefined;
  readonly lastEndUs: TimeUs | undefined;
};

const nothingTaken: Taken = { timeless: 0, late: 0, firstEndUs: undefined, lastEndUs: undefined };

/** So many rows may be in memory that a fold would take out, besides as many as live. */
const deadRowsMax = 65_536;

/**
 * The kept rows of one window node, in a temporary table of the pipeline's connection: those that
 * the parts named by the newest manifest hold, and none else. Rows that are over stay in it until
 * they are more than those that live; they are told by the watermark.
 */
export class WindowState {
  readonly node: WindowNode;
  readonly #context: WindowStateContext;
  readonly #index: number;
  readonly #sql: WindowSql;
  #entry: ManifestStreamNode;
  /** Of the two tables the one that is in use: a fold fills the other. */
  #tableNumber = 0;
  #rowCount = 0;
  #rowCountMax = deadRowsMax;
  readonly #merges = new PartMerges();
  #doneMerge: DoneMerge | undefined;
  /** The one of which the manifest speaks that is put now. */
  #namedMerge: DoneMerge | undefined;

  constructor(node: WindowNode, index: number, context: WindowStateContext) {
    this.node = node;
    this.#index = index;
    this.#context = context;
    this.#sql = windowSql(node);
    this.#entry = {
      name: node.name,
      identity: context.identity,
      watermark: null,
      lateRows: 0,
      timelessRows: 0,
      parts: [],
    };
  }

  /** The node as the newest manifest has it. */
  get entry(): ManifestStreamNode {
    return this.#entry;
  }

  get watermark(): TimeUs | undefined {
    return toWatermark(this.#entry.watermark);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The next merge of parts; undefined where none is due, or one is not true yet. */
  get mergeTask(): MergeTask | undefined {
    if (this.#doneMerge !== undefined) return undefined;
    const all = this.#entry.parts;
    const due = this.#merges.due(all);
    if (due === undefined) return undefined;
    const parts = due === 'all' ? all : due;
    const rows = this.#sql.folded(this.#partRows(parts), this.watermark, due === 'all');
    const offer = (merged: StatePart | undefined): void => {
      if (due === 'all') this.#merges.noteAll(merged?.rowCount ?? 0);
      this.#doneMerge = { replaced: parts, merged };
    };
    return { parts, select: `SELECT ${this.#storedColumns} FROM (${rows})`, offer };
  }

  /** SELECT of what the windows that ended in the epoch gave. */
  get closed(): string {
    return `SELECT * FROM ${this.#closedTable}`;
  }

  /** The intake, and what else is computed of each row by itself. */
  get recordSelect(): string {
    const { shape, intake } = this.node;
    const spanUs = shape.kind === 'session' ? shape.gapUs : shape.widthUs;
    return `SELECT *, epoch_us("__time") + ${spanUs} AS "__us" FROM (${intake.text}\n)`;
  }

  /** Makes the tables, from what a manifest names. */
  async open(known: ManifestStreamNode | undefined): Promise<void> {
    const { connection } = this.#context;
    if (known !== undefined) this.#entry = known;
    const columns = [
      ...stateColumns(this.node).map(({ name, typeText }) => `${quoteName(name)} ${typeText}`),
      ...this.#sql.spanColumns.map((name) => `${quoteName(name)} BIGINT`),
    ];
    await connection.execute(`CREATE TEMP TABLE ${this.#table} (${columns.join(', ')})`);
    const none = `SELECT * FROM ${this.#table} WHERE false`;
    const move = { from: undefined, to: undefined };
    await this.#close(this.#sql.closing(this.#table, none, move));
    if (this.#entry.parts.length === 0) return;
    const rows = this.#partRows(this.#entry.parts);
    const live = this.#sql.folded(rows, this.watermark, true);
    this.#rowCount = await connection.run(`INSERT INTO ${this.#table} ${live}`, []);
    this.#rowCountMax = 2 * this.#rowCount + deadRowsMax;
  }

  /**
   * Takes an epoch's rows in (a SELECT; undefined for none), and gives the windows that end with
   * the watermark.
   */
  async take(intake: string | undefined, to: TimeUs | undefined): Promise<WindowStep> {
    const from = this.watermark;
    const taken = intake === undefined ? nothingTaken : await this.#takeIn(intake, from);
    const hasFresh = taken.firstEndUs !== undefined;
    const fresh = hasFresh
      ? await this.#once('fresh', this.#sql.fresh(this.#takenTable, from))
      : `SELECT * FROM ${this.#table} WHERE false`;
    const move = { from, to };
    const hasClosed = this.#mayClose(move, taken);
    if (hasClosed) await this.#close(this.#sql.closing(this.#table, fresh, move));
    const isKept = hasFresh && !isOver(taken.lastEndUs, to);
    const open = isKept
      ? await this.#once('open', this.#sql.open(fresh, this.#table, to))
      : undefined;
    return {
      hasClosed,
      lateRows: taken.late,
      writePart: async (epoch) =>
        open === undefined ? undefined : await this.#writePart(open, epoch, taken.lastEndUs),
      next: (part) => this.#next(part, taken, to),
      publish: async (entry) => await this.#publish(entry, open),
    };
  }

  /** SELECT of the late ones of such rows as the node reads, with `__window`. */
  lateOf(rows: string): string {
    return this.#sql.late(rows, this.watermark);
  }

  async #takeIn(intake: string, from: TimeUs | undefined): Promise<Taken> {
    const { connection } = this.#context;
    await connection.execute(
      `CREATE OR REPLACE TEMP TABLE ${this.#takenTable} AS ${this.#sql.taken(intake)}`,
    );
    const { timeless, late, firstEnd, lastEnd } = this.#sql.counts(from);
    const [row] = await connection.rows(
      `SELECT ${timeless} AS timeless, ${late} AS late, ${firstEnd} AS first_end,
        ${lastEnd} AS last_end FROM ${this.#takenTable}`,
    );
    const time = (value: unknown): TimeUs | undefined =>
      value === null || value === undefined ? undefined : BigInt(String(value));
    return {
      timeless: Number(row?.['timeless'] ?? 0),
      late: Number(row?.['late'] ?? 0),
      firstEndUs: time(row?.['first_end']),
      lastEndUs: time(row?.['last_end']),
    };
  }

  #mayClose(move: Move, { firstEndUs }: Taken): boolean {
    if (move.to === undefined || !this.#sql.mayEnd(move)) return false;
    return this.#rowCount > 0 || (firstEndUs !== undefined && firstEndUs <= move.to);
  }

  async #close(closing: string): Promise<void> {
    const { text } = this.node.result;
    const rows = `WITH "__rows" AS (${closing}) SELECT * FROM (${text}\n)`;
    await this.#create(this.#closedTable, rows);
  }

  /** A SELECT of what this one gives, which is run but once where it is dear. */
  async #once(what: 'fresh' | 'open', select: string): Promise<string> {
    if (!this.#sql.isDear) return select;
    const table = quoteName(`__${what}_${this.#index}`);
    await this.#create(table, select);
    return `SELECT * FROM ${table}`;
  }

  /** A failure here is of what many rows are together, so no record can be taken out for it. */
  async #create(table: string, select: string): Promise<void> {
    try {
      await this.#context.connection.execute(`CREATE OR REPLACE TEMP TABLE ${table} AS ${select}`);
    } catch (thrown) {
      throw windowFailure(this.node, thrown);
    }
  }

  async #writePart(
    open: string,
    epoch: Epoch,
    lastEndUs: TimeUs | undefined,
  ): Promise<StatePart | undefined> {
    const { parts, incarnation, connection } = this.#context;
    const run = incarnation.slice(0, 8);
    const name = `${String(epoch).padStart(12, '0')}-s${this.#index}-${run}.parquet`;
    const path = parts.path(name);
    const [row] = await connection.rows(
      `COPY (SELECT ${this.#storedColumns} FROM (${open})) TO ${quoteText(path)}
        (FORMAT parquet, RETURN_STATS)`,
    );
    crashPoint('after-part');
    const rowCount = Number(row?.['count'] ?? 0);
    if (rowCount === 0) {
      await rm(path, { force: true });
      return undefined;
    }
    const byteLength = Number(row?.['file_size_bytes'] ?? 0);
    const lastEnd = lastEndUs === undefined ? null : String(lastEndUs);
    return { name, firstEpoch: epoch, lastEpoch: epoch, rowCount, byteLength, lastEnd };
  }

  #next(part: StatePart | undefined, taken: Taken, to: TimeUs | undefined): ManifestStreamNode {
    const before = this.#entry;
    const merge = this.#doneMerge;
    this.#namedMerge = merge;
    const kept = merge === undefined ? before.parts : replaceParts(before.parts, merge);
    const parts = part === undefined ? kept : [...kept, part];
    return {
      ...before,
      watermark: watermarkText(to),
      lateRows: before.lateRows + taken.late,
      timelessRows: before.timelessRows + taken.timeless,
      parts: parts.filter(({ lastEnd }) => !isOver(toWatermark(lastEnd), to)),
    };
  }

  async #publish(entry: ManifestStreamNode, open: string | undefined): Promise<void> {
    const { connection, parts } = this.#context;
    const kept = new Set(entry.parts.map(({ name }) => name));
    const gone = this.#entry.parts.filter(({ name }) => !kept.has(name));
    this.#entry = entry;
    parts.retire(gone.map(({ name }) => name));
    const merge = this.#namedMerge;
    if (merge !== undefined) {
      this.#doneMerge = undefined;
      // What was merged may be over by now.
      const { merged } = merge;
      if (merged !== undefined && !kept.has(merged.name)) parts.retire([merged.name]);
    }
    if (open !== undefined) {
      this.#rowCount += await connection.run(`INSERT INTO ${this.#table} ${open}`, []);
    }
    if (this.#rowCount > this.#rowCountMax) await this.#fold();
  }

  async #fold(): Promise<void> {
    const { connection } = this.#context;
    const before = this.#table;
    this.#tableNumber = 1 - this.#tableNumber;
    const live = this.#sql.folded(`SELECT * FROM ${before}`, this.watermark, true);
    const [row] = await connection.rows(`CREATE TEMP TABLE ${this.#table} AS ${live}`);
    await connection.execute(`DROP TABLE ${before}`);
    this.#rowCount = Number(row?.['Count'] ?? 0);
    this.#rowCountMax = 2 * this.#rowCount + deadRowsMax;
  }

  /** Rows of parts as they were before they were stored. */
  #partRows(parts: readonly StatePart[]): string {
    const files = parts.map(({ name }) => quoteText(this.#context.parts.path(name)));
    const columns = stateColumns(this.node).map(
      ({ name, typeText }) => `CAST(${quoteName(name)} AS ${typeText}) AS ${quoteName(name)}`,
    );
    const all = [...columns, ...this.#sql.spanColumns.map(quoteName)];
    return `SELECT ${all.join(', ')} FROM read_parquet([${files.join(', ')}])`;
  }

  get #storedColumns(): string {
    const columns = stateColumns(this.node).map(({ name, typeText }) => {
      const type = storedType(typeText);
      const column = quoteName(name);
      return type === typeText ? column : `CAST(${column} AS ${type}) AS ${column}`;
    });
    return [...columns, ...this.#sql.spanColumns.map(quoteName)].join(', ');
  }

  get #table(): string {
    return quoteName(`__state_${this.#index}_${this.#tableNumber}`);
  }

  get #takenTable(): string {
    return quoteName(`__taken_${this.#index}`);
  }

  get #closedTable(): string {
    return quoteName(`__closed_${this.#index}`);
  }
}

function windowSql(node: WindowNode): WindowSql {
  const { shape } = node;
  if (shape.kind === 'session') return new SessionSql(node, shape.gapUs);
  const slideUs = shape.kind === 'hop' ? shape.slideUs : shape.widthUs;
  return new SlidingSql(node, { widthUs: shape.widthUs, slideUs });
}

function isOver(lastEndUs: TimeUs | undefined, watermark: TimeUs | undefined): boolean {
  if (watermark === endUs) return true;
  return lastEndUs !== undefined && watermark !== undefined && lastEndUs <= watermark;
}

function windowFailure({ label }: WindowNode, thrown: unknown): unknown {
  if (!(thrown instanceof HeliosError) || thrown.code !== 'query_failed') return thrown;
  return new HeliosError('window_failed', `${label} can't be computed: ${thrown.message}`, {
    hint:
      'Change the SELECT so that it takes these values (TRY_CAST, TRY, a WHERE before it), then ' +
      'start the pipeline again. Nothing was lost: what was read since then is read again.',
    cause: thrown,
  });
}
