import { isUtf8 } from 'node:buffer';
import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import type { Schema } from '../../event/schema.ts';
import { quoteText } from '../../engine/types.ts';

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
];

/** Name of the temporary tables of the records, and of what many of them have in common. */
const recordTable = '__rejected';
const reasonTable = '__rejected_reasons';

/** Puts rejected records into temporary tables, and gives a SELECT of them as quarantine rows. */
export async function quarantineRows(
  connection: Connection,
  pipeline: string,
  records: readonly RejectedRecord[],
): Promise<string> {
  await connection.execute(`CREATE OR REPLACE TEMP TABLE ${recordTable}
      ("position" VARCHAR, reason INTEGER, raw BLOB, is_text BOOLEAN);
    CREATE OR REPLACE TEMP TABLE ${reasonTable} (id INTEGER, source VARCHAR, "partition" VARCHAR,
      code VARCHAR, message VARCHAR)`);
  const reasons = new Map<string, RejectedRecord>();
  const numbers = new Map<string, number>();
  const reasonOf = (record: RejectedRecord): number => {
    const key = [record.source, record.partition, record.code, record.message].join('\n');
    const number = numbers.get(key) ?? numbers.size;
    if (number === numbers.size) {
      numbers.set(key, number);
      reasons.set(key, record);
    }
    return number;
  };
  const at = (row: number): RejectedRecord => recordAt(records, row);
  await connection.append(recordTable, records.length, [
    { type: 'text', at: (row) => at(row).position },
    { type: 'number', at: (row) => reasonOf(at(row)) },
    { type: 'bytes', at: (row) => at(row).raw },
    { type: 'boolean', at: (row) => isText(at(row).raw) },
  ]);
  const kinds = [...reasons.values()];
  await connection.append(reasonTable, kinds.length, [
    { type: 'number', at: (row) => row },
    { type: 'text', at: (row) => recordAt(kinds, row).source },
    { type: 'text', at: (row) => recordAt(kinds, row).partition },
    { type: 'text', at: (row) => recordAt(kinds, row).code },
    { type: 'text', at: (row) => recordAt(kinds, row).message },
  ]);
  return `SELECT ${quoteText(pipeline)} AS pipeline, source, "partition", "position",
      make_timestamptz(${recordAt(records, 0).rejectedAtMs} * 1000) AS rejected_at, code, message,
      raw, CASE WHEN is_text THEN decode(raw) END AS raw_text
    FROM ${recordTable} JOIN ${reasonTable} ON reason = id`;
}

/** Drops what `quarantineRows` made. */
export async function dropQuarantineRows(connection: Connection): Promise<void> {
  await connection.execute(
    `DROP TABLE IF EXISTS ${recordTable}; DROP TABLE IF EXISTS ${reasonTable}`,
  );
}

function recordAt(records: readonly RejectedRecord[], row: number): RejectedRecord {
  const record = records[row];
  assert(record !== undefined, `no rejected record ${row} of ${records.length}`);
  return record;
}

/** Other engines stumble over NUL in text. */
function isText(raw: Uint8Array): boolean {
  return isUtf8(raw) && !raw.includes(0);
}
