import type { SourceColumn } from '../../../sql/script.ts';

/** Where in a record's text the values of a table's columns are, as DuckDB expressions. */
export interface RecordShape {
  /**
   * A SELECT over `lines`, with all that they have and what `value` and `faults` look at. A line's
   * text is `line`: JSON, or NULL.
   */
  open(lines: string): string;
  /**
   * A column's value in the type JSON; SQL's NULL for the JSON null, and where there is none. With
   * a mark, the lines are examined ones.
   */
  value(column: SourceColumn, mark: string | undefined): string;
  /** Branches of a CASE: faults of a record whose `line` is JSON. */
  readonly faults: string;
  /** Values are the text's own: no number in them can have changed. */
  readonly keepsText: boolean;
}
