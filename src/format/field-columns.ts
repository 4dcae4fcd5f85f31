import { HeliosError } from '../base/errors.ts';
import type { SourceColumn, SourceTable } from '../sql/script.ts';

/** The columns that a record's own fields fill; `invalid_config` when there are none. */
export function fieldColumns(table: SourceTable): readonly SourceColumn[] {
  const columns = table.columns.filter((column) => column.origin.kind === 'field');
  if (columns.length > 0) return columns;
  throw new HeliosError(
    'invalid_config',
    `Table ${table.name} has no column that a record fills.`,
    {
      hint: 'Declare at least one column without GENERATED or METADATA.',
    },
  );
}
