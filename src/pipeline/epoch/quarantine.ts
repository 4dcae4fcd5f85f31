import { setImmediate } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import type { Schema } from '../../event/schema.ts';
import type { RejectedRecords } from '../../format/rejected-records.ts';
import { type Entry, type Pack, Packer } from '../isolation/record-packs.ts';

/** Name of the table of rejected records of all pipelines. */
export const quarantineTable = 'quarantine';

export const quarantineSchema: Schema = [
  { name: 'pipeline', type: { kind: 'text' } },
  { name: 'source', type: { kind: 'text' } },
  { name: 'partition', type: { kind: 'text' } },
  { name: 'position', type: { kind: 'text' } },
  { name: 'rejected_at', type: { kind: 'timestamp' } },
  { name: 'code', type: { kind: 'text' } },
  { name: 'message', type: { kind: 'text' } },
  { name: 'raw', type: { kind: 'bytes' } },
  { name: 'raw_text', type: { kind: 'text' } },
  // Not in tables that were made before replays needed it, nor in their oldest files.
  { name: 'metadata', type: { kind: 'text' } },
];

/** Temporary tables: of records that are text, of the others, and of what many have in common. */
const textTable = '__rejected_texts';
const byteTable = '__rejected_bytes';
const reasonTable = '__rejected_reasons';
/** Temporary table of what goes to `textTable` next. */
const packTable = '__rejected_packs';
const separator = 'chr(0)';

/** Puts rejected records into temporary tables, and gives a SELECT of them as quarantine rows. */
export async function quarantineRows(
  connection: Connection,
  pipeline: string,
  groups: readonly RejectedRecords[],
): Promise<string> {
  await connection.execute(`
    CREATE OR REPLACE TEMP TABLE ${textTable} ("position" VARCHAR, reason INTEGER, raw VARCHAR,
      metadata VARCHAR);
    CREATE OR REPLACE TEMP TABLE ${byteTable} ("position" VARCHAR, reason INTEGER, raw BLOB,
      metadata VARCHAR);
    CREATE OR REPLACE TEMP TABLE ${reasonTable} (id INTEGER, source VARCHAR, "partition" VARCHAR,
      code VARCHAR, message VARCHAR)`);
  const reasons: Reason[] = [];
  for (const records of groups) {
    await addRecords(connection, records, reasons.length);
    const { source, partition } = records;
    for (const { code, message } of records.reasons) {
      reasons.push({ source, partition, code, message });
    }
  }
  await addReasons(connection, reasons);
  // All of an epoch are rejected at one time.
  const atMs = groups[0]?.rejectedAtMs ?? 0;
  const rows = (table: string, raw: string, text: string): string =>
    `SELECT ${quoteText(pipeline)} AS pipeline, source, "partition", "position",
      make_timestamptz(${atMs} * 1000) AS rejected_at, code, message, ${raw} AS raw,
      ${text} AS raw_text, nullif(metadata, '') AS metadata
    FROM ${table} JOIN ${reasonTable} ON reason = id`;
  return `${rows(textTable, 'encode(raw)', 'raw')}
    UNION ALL ${rows(byteTable, 'raw', 'NULL::VARCHAR')}`;
}

/** Drops what `quarantineRows` made. */
export async function dropQuarantineRows(connection: Connection): Promise<void> {
  const tables = [textTable, byteTable, reasonTable, packTable];
  await connection.execute(tables.map((table) => `DROP TABLE IF EXISTS ${table}`).join(';'));
}

/** What a table says that wants no record in quarantine: `bad_data = 'fail'`. */
export function badRecord(record: RejectedRecord): HeliosError {
  return new HeliosError(
    'bad_record',
    `${record.source} has a record that can't become a row: ${record.message} ` +
      `(partition ${record.partition}, position ${record.position}).`,
    { hint: "Mend the record's producer or the table, or set bad_data = 'quarantine'." },
  );
}

type Reason = {
  readonly source: string;
  readonly partition: string;
  readonly code: string;
  readonly message: string;
};

async function addReasons(connection: Connection, reasons: readonly Reason[]): Promise<void> {
  const at = (row: number): Reason => {
    const reason = reasons[row];
    assert(reason !== undefined, `no reason ${row} of ${reasons.length}`);
    return reason;
  };
  await connection.append(reasonTable, reasons.length, [
    { type: 'number', at: (row) => row },
    { type: 'text', at: (row) => at(row).source },
    { type: 'text', at: (row) => at(row).partition },
    { type: 'text', at: (row) => at(row).code },
    { type: 'text', at: (row) => at(row).message },
  ]);
}

/** So many records are packed without letting anyone else run: some milliseconds. */
const recordsPerTurn = 8192;

/** Bytes of the packs that are in memory besides the tables. */
const packedBytesMax = 32 * 1024 * 1024;

/**
 * A value costs some 300 ns on its way from JavaScript to DuckDB, whatever it is: so most go many
 * at a time, as texts that DuckDB splits. What is no UTF-8 goes by itself, and what holds a NUL,
 * which separates the others and is nothing for `raw_text`: other engines stumble over it.
 */
async function addRecords(
  connection: Connection,
  records: RejectedRecords,
  firstReason: number,
): Promise<void> {
  const packer = new Packer();
  for (let index = 0; index < records.length; index++) {
    if (index % recordsPerTurn === recordsPerTurn - 1) await setImmediate();
    const { position, raw, metadata = '' } = records.origin(index);
    packer.add({ position, raw, reason: firstReason + records.reasonOf(index), metadata });
    if (packer.packedBytes >= packedBytesMax) await unpack(connection, packer.take());
  }
  await unpack(connection, packer.take());
  const { odd } = packer;
  const at = (row: number): Entry => {
    const entry = odd[row];
    assert(entry !== undefined, `no record ${row} of ${odd.length}`);
    return entry;
  };
  await connection.append(byteTable, odd.length, [
    { type: 'text', at: (row) => at(row).position },
    { type: 'number', at: (row) => at(row).reason },
    { type: 'bytes', at: (row) => at(row).raw },
    { type: 'text', at: (row) => at(row).metadata },
  ]);
}

async function unpack(connection: Connection, packs: readonly Pack[]): Promise<void> {
  if (packs.length === 0) return;
  const at = (row: number): Pack => {
    const pack = packs[row];
    assert(pack !== undefined, `no pack ${row} of ${packs.length}`);
    return pack;
  };
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE ${packTable} (positions VARCHAR, reasons VARCHAR, raws BLOB,
      metadata VARCHAR)`,
  );
  await connection.append(packTable, packs.length, [
    { type: 'text', at: (row) => at(row).positions },
    { type: 'text', at: (row) => at(row).reasons },
    { type: 'bytes', at: (row) => at(row).raws },
    { type: 'text', at: (row) => at(row).metadata ?? '' },
  ]);
  const count = await connection.run(
    `INSERT INTO ${textTable} SELECT unnest(string_split(positions, ${separator})),
      unnest(string_split(reasons, ${separator})::INTEGER[]),
      unnest(string_split(decode(raws), ${separator})),
      unnest(string_split(metadata, ${separator})) FROM ${packTable}`,
    [],
  );
  const expected = packs.reduce((sum, pack) => sum + pack.count, 0);
  assert(count === expected, `DuckDB unpacked ${count} records of ${expected}`);
}
