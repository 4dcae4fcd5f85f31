import { rm } from 'node:fs/promises';
import { crashPoint } from '../../base/crash-point.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { UpdatingNode } from '../dataflow/dataflow.ts';
import type { PartStore } from '../epoch/part-store.ts';
import type { ManifestStreamNode, StatePart } from '../stream/manifest-stream.ts';
import { storedType } from '../stream/stored-type.ts';
import { nodeFailure } from './node-failure.ts';
import { columnList, type StateTable, type TouchedKeys, UpdatingSql } from './updating-sql.ts';

export type UpdatingStateContext = {
  readonly connection: Connection;
  readonly parts: PartStore;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
  /** The node's, by `nodeIdentities`. */
  readonly identity: string;
  /** So many rows may be kept that a snapshot would take out, besides as many as live. */
  readonly deadRowsMax?: number;
};

/** What an epoch does to a node. Nothing of it is true before `publish`. */
export type UpdatingStep = {
  /** `changes` may have rows. */
  readonly hasChanged: boolean;
  /** Writes what is kept of the epoch, or of all there is. */
  readonly writeParts: (epoch: Epoch) => Promise<readonly StatePart[]>;
  /** The node's entry of the manifest that makes it true. */
  readonly next: (parts: readonly StatePart[]) => ManifestStreamNode;
  /** That manifest is put. */
  readonly publish: (entry: ManifestStreamNode) => Promise<void>;
};

/** What is kept of an epoch: rows to add to each table, or all that the tables then hold. */
type Kept = {
  readonly kind: 'more' | 'snapshot';
  /** One SELECT per state table; undefined for none. */
  readonly selects: readonly (string | undefined)[];
  readonly forgotten: number;
};

const deadRowsDefault = 65_536;
/** A start reads each file. */
const partsMax = 512;

/**
 * The state of one updating node, in temporary tables of the pipeline's connection: one for each
 * input, and one of what the node has given, each a log of rows with weights. They hold the rows of
 * the parts that the newest manifest names, and none else.
 */
export class UpdatingState {
  readonly node: UpdatingNode;
  readonly #context: UpdatingStateContext;
  readonly #index: number;
  readonly #sql: UpdatingSql;
  readonly #tables: readonly StateTable[];
  #entry: ManifestStreamNode;
  #rowCount = 0;
  #rowCountMax = 0;
  /** When the oldest of the rows came. */
  #oldestMs = Infinity;

  constructor(node: UpdatingNode, index: number, context: UpdatingStateContext) {
    this.node = node;
    this.#index = index;
    this.#context = context;
    this.#sql = new UpdatingSql(node);
    this.#tables = [...this.#sql.inputs, this.#sql.given];
    this.#entry = {
      name: node.name,
      identity: context.identity,
      watermark: null,
      lateRows: 0,
      timelessRows: 0,
      forgottenKeys: 0,
      parts: [],
    };
  }

  /** The node as the newest manifest has it. */
  get entry(): ManifestStreamNode {
    return this.#entry;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** SELECT of what the epoch changed, or of what came, with the hidden columns. */
  get changes(): string {
    return `SELECT * FROM ${this.#name('changes')}`;
  }

  /** SELECT of all rows that the keys now have which the epoch touched; as `changes`. */
  get current(): string {
    return `SELECT *, '' AS "__key", 1::BIGINT AS "__weight" FROM ${this.#name('result')}`;
  }

  /** Makes the tables, from what a manifest names. */
  async open(known: ManifestStreamNode | undefined): Promise<void> {
    const { connection } = this.#context;
    if (known !== undefined) this.#entry = known;
    for (const [index, table] of this.#tables.entries()) {
      const columns = table.columns.map(({ name, typeText }) => `${quoteName(name)} ${typeText}, `);
      await connection.execute(`CREATE OR REPLACE TEMP TABLE ${this.#table(index)}
        (${columns.join('')}"__weight" BIGINT, "__at" BIGINT)`);
      const parts = this.#entry.parts.filter((part) => part.table === index);
      if (parts.length === 0) continue;
      await connection.run(`INSERT INTO ${this.#table(index)} ${this.#partRows(table, parts)}`, []);
    }
    await this.#makeEmpty();
    await this.#measure();
    this.#setMax();
  }

  async #makeEmpty(): Promise<void> {
    const given = `SELECT * FROM ${this.#table(this.#tables.length - 1)} WHERE false`;
    if (this.node.isAppending !== true) return await this.#makeChanges(given);
    await this.#create(
      this.#name('changes'),
      `SELECT * EXCLUDE ("__weight", "__at") FROM (${given})`,
    );
  }

  /** Takes an epoch's rows in: a SELECT for each input, undefined for none. */
  async take(intakes: readonly (string | undefined)[], nowMs: EpochMs): Promise<UpdatingStep> {
    const taken = await this.#takeIn(intakes, nowMs);
    if (taken.every((table) => table === undefined)) return this.#stand();
    const keys = await this.#touch(taken, nowMs);
    if (this.node.isAppending === true) await this.#append(taken, keys);
    else await this.#compute(taken, keys);
    const kept = await this.#keep(taken, nowMs);
    const forgotten = keys.forgotten + kept.forgotten;
    return {
      hasChanged: true,
      writeParts: async (epoch) => await this.#writeParts(kept, epoch),
      next: (parts) => ({
        ...this.#entry,
        forgottenKeys: (this.#entry.forgottenKeys ?? 0) + forgotten,
        parts: kept.kind === 'more' ? [...this.#entry.parts, ...parts] : parts,
      }),
      publish: async (entry) => await this.#publish(entry, kept),
    };
  }

  #stand(): UpdatingStep {
    return {
      hasChanged: false,
      writeParts: async () => await Promise.resolve([]),
      next: () => this.#entry,
      publish: async () => await Promise.resolve(),
    };
  }

  /** Names of the tables of what each input adds to its log; undefined where that is nothing. */
  async #takeIn(
    intakes: readonly (string | undefined)[],
    nowMs: EpochMs,
  ): Promise<readonly (string | undefined)[]> {
    const names: (string | undefined)[] = [];
    for (const [index, intake] of intakes.entries()) {
      const name = this.#name(`taken_${index}`);
      const rowCount =
        intake === undefined ? 0 : await this.#create(name, this.#sql.taken(index, intake, nowMs));
      names.push(rowCount === 0 ? undefined : name);
    }
    return names;
  }

  async #touch(
    taken: readonly (string | undefined)[],
    nowMs: EpochMs,
  ): Promise<TouchedKeys & { readonly forgotten: number }> {
    const touched = this.#name('touched');
    await this.#create(touched, this.#sql.touched(taken));
    const keys = { touched, known: undefined };
    if (nowMs - this.#oldestMs <= this.node.ttlMs) return { ...keys, forgotten: 0 };
    const rows = this.#sql.inputs.map((table, index) => {
      const before = this.#sql.ofTouched(table, this.#table(index), keys);
      return withMore(before, selectAll(taken[index]));
    });
    const known = await this.#know(rows);
    const forgotten = await this.#count(`${known} WHERE "__since" = ${nowMs}`);
    return { touched, known, forgotten };
  }

  /** Table of what is known of the keys of rows, by input. */
  async #know(rows: readonly string[]): Promise<string> {
    const touches = this.#sql.inputs.map((table, index) =>
      this.#sql.touches(table, `(${rows[index]})`),
    );
    const known = this.#name('known');
    await this.#create(known, this.#sql.known(touches.join(' UNION ALL ')));
    return known;
  }

  /** As `#know`, of rows that were given, none of which is ever forgotten. */
  async #knowAll(given: string, nowMs: EpochMs): Promise<string> {
    const known = this.#name('known');
    const touches = this.#sql.touches(this.#sql.given, `(${given})`);
    await this.#create(
      known,
      `SELECT DISTINCT * EXCLUDE ("__at"), ${nowMs}::BIGINT AS "__last", NULL::BIGINT AS "__since"
        FROM (${touches})`,
    );
    return known;
  }

  /** A failure here is of what many rows are together, so no record can be taken out for it. */
  async #compute(taken: readonly (string | undefined)[], keys: TouchedKeys): Promise<void> {
    const keepsLast = this.node.keepsLast === true;
    const kept = this.#sql.inputs.map((table, index) => {
      const more = selectAll(taken[index]);
      if (keepsLast && more !== undefined) return more;
      return withMore(this.#sql.ofTouched(table, this.#table(index), keys), more);
    });
    const result = this.#name('result');
    try {
      await this.#create(result, this.#sql.result(kept));
    } catch (thrown) {
      throw nodeFailure(this.node.label, thrown);
    }
    const given = this.#sql.ofTouched(this.#sql.given, this.#table(this.#tables.length - 1), keys);
    await this.#makeChanges(given, result);
  }

  /** What came with what was there before, and that with what came: nothing is given twice. */
  async #append(taken: readonly (string | undefined)[], keys: TouchedKeys): Promise<void> {
    const [left, right] = taken.map(selectAll);
    const [before, other] = this.#sql.inputs.map((table, index) =>
      keys.known === undefined
        ? `SELECT * FROM ${this.#table(index)}`
        : this.#sql.ofTouched(table, this.#table(index), keys),
    );
    const results: string[] = [];
    if (left !== undefined) results.push(this.#sql.result([left, withMore(other ?? '', right)]));
    if (right !== undefined) results.push(this.#sql.result([before ?? '', right]));
    try {
      await this.#create(
        this.#name('changes'),
        results.map((one) => `(${one})`).join(' UNION ALL '),
      );
    } catch (thrown) {
      throw nodeFailure(this.node.label, thrown);
    }
  }

  async #makeChanges(given: string, result = `(${given})`): Promise<void> {
    await this.#create(this.#name('changes'), this.#sql.changes(result, given));
  }

  async #keep(taken: readonly (string | undefined)[], nowMs: EpochMs): Promise<Kept> {
    const columns = columnList(this.#sql.given.columns);
    const isAppending = this.node.isAppending === true;
    const given = isAppending
      ? undefined
      : `SELECT ${columns}, "__weight", ${nowMs}::BIGINT AS "__at" FROM ${this.#name('changes')}`;
    const { keepsLast = false } = this.node;
    const selects = [...taken.map((one) => (keepsLast ? undefined : selectAll(one))), given];
    const isFull = this.#rowCount > this.#rowCountMax || this.#entry.parts.length > partsMax;
    if (!isFull) return { kind: 'more', selects, forgotten: 0 };
    const all = selects.map((more, index) => withMore(selectAll(this.#table(index)), more));
    const known = keepsLast ? await this.#knowAll(all.at(-1) ?? '', nowMs) : await this.#know(all);
    const forgotten = await this.#count(`${known} keys WHERE NOT (${this.#sql.isLiving(nowMs)})`);
    for (const [index, table] of this.#tables.entries()) {
      const snapshot = this.#sql.snapshot(table, all[index] ?? '', { known, nowMs });
      await this.#create(this.#name(`snapshot_${index}`), snapshot);
    }
    const snapshots = this.#tables.map((_, index) => selectAll(this.#name(`snapshot_${index}`)));
    return { kind: 'snapshot', selects: snapshots, forgotten };
  }

  async #writeParts({ selects }: Kept, epoch: Epoch): Promise<readonly StatePart[]> {
    const parts: StatePart[] = [];
    for (const [index, select] of selects.entries()) {
      const part = select === undefined ? undefined : await this.#writePart(index, select, epoch);
      if (part !== undefined) parts.push(part);
    }
    return parts;
  }

  async #writePart(table: number, select: string, epoch: Epoch): Promise<StatePart | undefined> {
    const { parts, incarnation, connection } = this.#context;
    const run = incarnation.slice(0, 8);
    const name = `${String(epoch).padStart(12, '0')}-u${this.#index}-${table}-${run}.parquet`;
    const path = parts.path(name);
    const columns = (this.#tables[table]?.columns ?? []).map(({ name: column, typeText }) => {
      const type = storedType(typeText);
      const quoted = quoteName(column);
      return type === typeText ? `${quoted}, ` : `CAST(${quoted} AS ${type}) AS ${quoted}, `;
    });
    const [row] = await connection.rows(
      `COPY (SELECT ${columns.join('')}"__weight", "__at" FROM (${select})) TO ${quoteText(path)}
        (FORMAT parquet, RETURN_STATS)`,
    );
    crashPoint('after-part');
    const rowCount = Number(row?.['count'] ?? 0);
    if (rowCount === 0) {
      await rm(path, { force: true });
      return undefined;
    }
    const byteLength = Number(row?.['file_size_bytes'] ?? 0);
    return {
      name,
      firstEpoch: epoch,
      lastEpoch: epoch,
      rowCount,
      byteLength,
      lastEnd: null,
      table,
    };
  }

  async #publish(entry: ManifestStreamNode, { kind, selects }: Kept): Promise<void> {
    const { connection, parts } = this.#context;
    const kept = new Set(entry.parts.map(({ name }) => name));
    const gone = this.#entry.parts.filter(({ name }) => !kept.has(name));
    this.#entry = entry;
    parts.retire(gone.map(({ name }) => name));
    for (const [index, select] of selects.entries()) {
      const table = this.#table(index);
      if (kind === 'snapshot') {
        await connection.execute(`DROP TABLE ${table};
          ALTER TABLE ${this.#name(`snapshot_${index}`)} RENAME TO ${table}`);
      } else if (select !== undefined) {
        await connection.run(`INSERT INTO ${table} ${select}`, []);
      }
    }
    await this.#measure();
    if (kind === 'snapshot') this.#setMax();
  }

  #setMax(): void {
    const { deadRowsMax = deadRowsDefault } = this.#context;
    this.#rowCountMax = 2 * this.#rowCount + deadRowsMax;
  }

  async #measure(): Promise<void> {
    const tables = this.#tables.map((_, index) => this.#table(index));
    const logs = tables.map((table) => `SELECT "__at" FROM ${table}`).join(' UNION ALL ');
    const [row] = await this.#context.connection.rows(
      `SELECT count(*) AS count, min("__at") AS oldest FROM (${logs})`,
    );
    this.#rowCount = Number(row?.['count'] ?? 0);
    this.#oldestMs = Number(row?.['oldest'] ?? Infinity);
  }

  /** Rows of parts as they were before they were stored. */
  #partRows(table: StateTable, parts: readonly StatePart[]): string {
    const files = parts.map(({ name }) => quoteText(this.#context.parts.path(name)));
    const columns = table.columns.map(
      ({ name, typeText }) => `CAST(${quoteName(name)} AS ${typeText}) AS ${quoteName(name)}, `,
    );
    return `SELECT ${columns.join('')}"__weight", "__at" FROM read_parquet([${files.join(', ')}])`;
  }

  /** Gives how many rows the table has. */
  async #create(table: string, select: string): Promise<number> {
    const [row] = await this.#context.connection.rows(
      `CREATE OR REPLACE TEMP TABLE ${table} AS ${select}`,
    );
    return Number(row?.['Count'] ?? 0);
  }

  async #count(from: string): Promise<number> {
    const [row] = await this.#context.connection.rows(`SELECT count(*) AS count FROM ${from}`);
    return Number(row?.['count'] ?? 0);
  }

  #table(index: number): string {
    return this.#name(`log_${index}`);
  }

  #name(what: string): string {
    return quoteName(`__updating_${this.#index}_${what}`);
  }
}

function selectAll(table: string): string;
function selectAll(table: string | undefined): string | undefined;
function selectAll(table: string | undefined): string | undefined {
  return table === undefined ? undefined : `SELECT * FROM ${table}`;
}

function withMore(rows: string, more: string | undefined): string {
  return more === undefined ? rows : `${rows} UNION ALL ${more}`;
}
