import { type TSchema, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const text = Type.String();
const counts = Type.Record(text, Type.Integer());

export const restoreSchema: TSchema = Type.Object({
  to_version: count,
  version: count,
  committed: Type.Boolean(),
  files_added: count,
  files_removed: count,
  rows_added: Type.Optional(count),
  rows_removed: Type.Optional(count),
  fed_by: Type.Array(text),
});

export const historySchema: TSchema = Type.Object({
  versions: Type.Array(
    Type.Object({
      version: count,
      timestamp: text,
      operation: Type.Optional(text),
      parameters: Type.Record(text, Type.Unknown()),
      engine: Type.Optional(text),
      files_added: count,
      paths_added: Type.Array(text),
      files_removed: count,
      rows_added: Type.Optional(count),
      bytes_added: count,
      bytes_removed: Type.Optional(count),
      data_change: Type.Boolean(),
      columns_changed: Type.Boolean(),
      transactions: counts,
    }),
  ),
});

export const descriptionSchema: TSchema = Type.Object({
  name: text,
  location: text,
  id: text,
  version: count,
  columns: Type.Array(Type.Object({ name: text, type: text })),
  partition_columns: Type.Array(text),
  properties: Type.Record(text, text),
  min_reader_version: count,
  min_writer_version: count,
  files: count,
  bytes: count,
  rows: Type.Optional(count),
  small_files: Type.Optional(count),
  target_bytes: Type.Optional(count),
  partitions: count,
  retention_ms: count,
  cared_for: Type.Boolean(),
  fed_by: Type.Array(text),
  transactions: counts,
});
