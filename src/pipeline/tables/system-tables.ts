import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochMs } from '../../event/record.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';
import type { PinnedView } from '../../catalog/view.ts';

/** One row of a system table: a value for each column; times are milliseconds since 1970. */
export type SystemRow = Readonly<Record<string, string | number | boolean | null>>;

export type SystemTable = {
  /** Qualified: `helios.pipelines`. */
  readonly name: string;
  readonly schema: Schema;
  readonly rows: () => readonly SystemRow[];
};

const text: ColumnType = { kind: 'text' };
const small: ColumnType = { kind: 'integer', bits: 32, isUnsigned: false };
const whole: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };
const double: ColumnType = { kind: 'float', bits: 64 };
const time: ColumnType = { kind: 'timestamp' };
const flag: ColumnType = { kind: 'boolean' };

export type SystemTableName =
  | 'helios.pipelines'
  | 'helios.partitions'
  | 'helios.watermarks'
  | 'helios.operators'
  | 'helios.epochs'
  | 'helios.files'
  | 'helios.queries'
  | 'helios.metrics'
  | 'helios.maintenance'
  | 'helios.audit';

/** Columns of the system tables, in the order in which people read them. */
export const systemSchemas: Readonly<Record<SystemTableName, Schema>> = {
  'helios.pipelines': columns({
    name: text,
    state: text,
    error_code: text,
    error_message: text,
    epoch: whole,
    bytes_in: whole,
    records_rejected: whole,
    records_replayed: whole,
    records_dropped: whole,
    rows_out: whole,
    hot_rows: whole,
    created_at: time,
  }),
  'helios.partitions': columns({
    pipeline: text,
    source: text,
    connector: text,
    partition: text,
    position: text,
    lag_records: whole,
    lag_bytes: whole,
    lag_ms: double,
  }),
  'helios.watermarks': columns({
    pipeline: text,
    source: text,
    partition: text,
    watermark: time,
    is_idle: flag,
    source_records_ahead: whole,
  }),
  'helios.operators': columns({
    pipeline: text,
    operator: text,
    kind: text,
    label: text,
    watermark: time,
    state_rows: whole,
    state_bytes: whole,
    rows_late: whole,
    rows_without_time: whole,
    keys_forgotten: whole,
  }),
  'helios.epochs': columns({
    pipeline: text,
    epoch: whole,
    published_at: time,
    duration_ms: double,
    bytes_in: whole,
    rows_out: whole,
    records_read: whole,
    records_rejected: whole,
  }),
  'helios.files': columns({
    table_name: text,
    path: text,
    is_hot: flag,
    rows: whole,
    bytes: whole,
    partition_values: text,
  }),
  'helios.queries': columns({
    id: text,
    sql: text,
    state: text,
    started_at: time,
    duration_ms: double,
    rows: whole,
    error_code: text,
  }),
  'helios.metrics': columns({ name: text, labels: text, value: double }),
  'helios.maintenance': columns({
    started_at: time,
    table_name: text,
    action: text,
    reason: text,
    outcome: text,
    duration_ms: double,
    version: whole,
    files_before: whole,
    files_after: whole,
    bytes_before: whole,
    bytes_after: whole,
    rows: whole,
    detail: text,
    error_code: text,
    error_message: text,
  }),
  'helios.audit': columns({
    done_at: time,
    request_id: text,
    who: text,
    token_id: text,
    via: text,
    address: text,
    action: text,
    target: text,
    status: small,
    error_code: text,
    sql: text,
    duration_ms: double,
    requests: whole,
  }),
};

/** Writes a system table's rows to a file of their own and gives the view of it. */
export async function pinSystemTable(
  table: SystemTable,
  directory: string,
  fileName: string,
): Promise<PinnedView> {
  const path = join(directory, fileName);
  const lines = table.rows().map((row) => JSON.stringify(withTimes(table.schema, row)));
  await writeFile(path, lines.length === 0 ? '' : `${lines.join('\n')}\n`);
  return {
    name: table.name,
    schema: table.schema,
    partitionColumns: [],
    version: undefined,
    epoch: undefined,
    newestEventMs: undefined,
    hotRows: 0,
    files: [{ kind: 'rows', path }],
    release: () => undefined,
  };
}

function withTimes(schema: Schema, row: SystemRow): SystemRow {
  const result: Record<string, string | number | boolean | null> = {};
  for (const { name, type } of schema) {
    const value = row[name] ?? null;
    const isTime = type.kind === 'timestamp' && typeof value === 'number';
    result[name] = isTime ? timeText(value) : value;
  }
  return result;
}

function timeText(timeMs: EpochMs): string {
  return new Date(timeMs).toISOString();
}

function columns(types: Readonly<Record<string, ColumnType>>): Schema {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
