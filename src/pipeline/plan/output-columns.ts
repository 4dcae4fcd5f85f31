import { duckdbType, quoteName } from '../../engine/types.ts';
import { jsonObjectSql } from '../../engine/json-encoding.ts';
import type { Schema } from '../../event/schema.ts';
import type { Sink } from '../../sink/sink.ts';
import type { Output } from './plan.ts';

/** The select list that turns an output's rows into what its sink stores. */
export function outputColumns(output: Output, sink: Sink | undefined): string {
  if (sink === undefined) return '*';
  if (sink.kind === 'table') return tableColumns(output.schema, sink.schema);
  if (sink.encoding === 'json') return jsonObjectSql(output.schema, output.table.timestampFormat);
  return output.schema.map((column) => `CAST(${quoteName(column.name)} AS VARCHAR)`).join(', ');
}

/** Columns by name, in the table's order and stored types; the table's others are NULL. */
function tableColumns(rows: Schema, stored: Schema): string {
  const names = new Map(rows.map((column) => [column.name.toLowerCase(), column.name]));
  return stored
    .map((column) => {
      const name = names.get(column.name.toLowerCase());
      const value = name === undefined ? 'NULL' : quoteName(name);
      return `CAST(${value} AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`;
    })
    .join(', ');
}
