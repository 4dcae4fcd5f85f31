import { exactCast } from '../../engine/exact-cast.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import { jsonObjectSql } from '../../engine/json-encoding.ts';
import type { Schema } from '../../event/schema.ts';
import type { Sink } from '../../sink/sink.ts';
import type { Output } from './plan.ts';
import { recordColumns } from './record-columns.ts';
import { templateColumns } from './template-columns.ts';

/** The select list that turns an output's rows into what its sink stores. */
export function outputColumns(output: Output, sink: Sink | undefined): string {
  if (sink === undefined) return '*';
  if (sink.kind === 'table') return tableColumns(output, sink.schema);
  if (typeof sink.encoding === 'object') {
    return sink.encoding.kind === 'template'
      ? templateColumns(output, sink.encoding.template)
      : recordColumns(output, sink.encoding);
  }
  if (sink.encoding === 'json') return jsonObjectSql(output.schema, output.table);
  return output.schema.map((column) => `CAST(${quoteName(column.name)} AS VARCHAR)`).join(', ');
}

/** Columns by name, in the table's order and stored types; the table's others are NULL. */
export function tableColumns({ schema, table }: Output, stored: Schema): string {
  const { connector } = table;
  const fields = 'partitionFields' in connector ? connector.partitionFields : [];
  const partitioned = new Set(fields.map((name) => name.toLowerCase()));
  const found = new Map(schema.map((column) => [column.name.toLowerCase(), column]));
  return stored
    .map((column) => {
      const from = found.get(column.name.toLowerCase());
      const name = quoteName(column.name);
      if (from === undefined) return `CAST(NULL AS ${duckdbType(column.type)}) AS ${name}`;
      const value = exactCast(quoteName(from.name), from.type, column.type);
      const isText = column.type.kind === 'text' && partitioned.has(column.name.toLowerCase());
      return `${isText ? notEmpty(value, column.name) : value} AS ${name}`;
    })
    .join(', ');
}

/**
 * Delta and Hive write NULL and '' alike as a partition's value: what can't be told apart isn't
 * stored.
 */
function notEmpty(value: string, name: string): string {
  const message = `The partition field ${name} is '', which a folder can't tell from NULL.`;
  const isFit = `(${value}) IS NULL OR (${value}) <> ''`;
  return `CASE WHEN ${isFit} THEN ${value} ELSE error(${quoteText(message)}) END`;
}
