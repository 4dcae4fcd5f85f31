/**
 * What a query asks of a table's columns, as far as files can be chosen by it. Columns are paths of
 * names, more than one for a field of a struct; names match without regard to case.
 */
export type Predicate =
  | {
      readonly kind: 'compare';
      readonly column: ColumnPath;
      readonly op: CompareOp;
      readonly value: Literal;
    }
  | { readonly kind: 'in'; readonly column: ColumnPath; readonly values: readonly Literal[] }
  | {
      readonly kind: 'between';
      readonly column: ColumnPath;
      readonly low: Literal;
      readonly high: Literal;
    }
  | { readonly kind: 'is_null'; readonly column: ColumnPath }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Predicate[] }
  | { readonly kind: 'not'; readonly operand: Predicate }
  /** Anything else: a row may meet it or not. */
  | { readonly kind: 'unknown' };

export type ColumnPath = readonly string[];
export type CompareOp = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A constant as DuckDB types it. What has no place here makes an `unknown` predicate. */
export type Literal =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** An integer or a decimal in digits, `-12.50`. */
  | { readonly kind: 'exact'; readonly text: string }
  /** A DOUBLE such as `1e3`. */
  | { readonly kind: 'double'; readonly value: number }
  /** Also for a date or time written as plain text, which DuckDB casts to the column's type. */
  | { readonly kind: 'text'; readonly text: string }
  /** A date (its midnight) or an instant, in microseconds since 1970 UTC. */
  | { readonly kind: 'instant'; readonly micros: bigint };
