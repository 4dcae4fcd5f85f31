import { storedType } from '../../delta/schema-json.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';

/** Columns as JSON lines hold them: as stored, but that JSON stays JSON, and is no text. */
export function lineSchema(schema: Schema): Schema {
  return schema.map(({ name, type }) => ({ name, type: lineType(type) }));
}

/** SQL that gives columns that are in stored types those of their lines. */
export function asLineColumns(columns: Schema): string {
  return columns
    .map(
      ({ name, type }) => `CAST(${quoteName(name)} AS ${duckdbType(type)}) AS ${quoteName(name)}`,
    )
    .join(', ');
}

function lineType(type: ColumnType): ColumnType {
  switch (type.kind) {
    case 'json':
      return type;
    case 'list':
      return { kind: 'list', element: lineType(type.element) };
    case 'struct':
      return { kind: 'struct', fields: lineSchema(type.fields) };
    case 'map':
      return { kind: 'map', key: storedType(type.key), value: lineType(type.value) };
    default:
      return storedType(type);
  }
}
