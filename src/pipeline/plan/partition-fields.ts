import { HeliosError } from '../../base/errors.ts';
import type { Schema } from '../../event/schema.ts';
import { columnsHint } from './columns-hint.ts';

/** The fields in the columns' spelling. `invalid_config` where one can't be. */
export function checkedPartitionFields(
  table: string,
  fields: readonly string[],
  schema: Schema,
): readonly string[] {
  if (schema.length <= fields.length) {
    throw new HeliosError(
      'invalid_config',
      `${table} has no column besides its partition fields.`,
      { hint: 'Leave at least one column out of partition_fields.' },
    );
  }
  return fields.map((field) => {
    const column = schema.find(({ name }) => name.toLowerCase() === field.toLowerCase());
    if (column !== undefined && partitionKinds.has(column.type.kind)) return column.name;
    const kind = column?.type.kind;
    const problem =
      kind === undefined ? 'there is no such column' : `its type ${kind} can't be one`;
    throw new HeliosError(
      'invalid_config',
      `${table} can't be partitioned by ${field}: ${problem}.`,
      { hint: columnsHint(field, schema) },
    );
  });
}

/** Values that Delta's readers agree on as partition values. */
const partitionKinds = new Set(['boolean', 'integer', 'decimal', 'text', 'date', 'timestamp']);
