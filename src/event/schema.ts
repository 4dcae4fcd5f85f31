/**
 * The type of a column, independent of any engine or table format.
 * `timestamp` is an instant with microseconds (UTC); `decimal` has 1 ≤ precision ≤ 38.
 */
export type ColumnType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly isUnsigned: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  /** `isLocal`: files keep it without a zone. */
  | { readonly kind: 'timestamp'; readonly isLocal?: true | undefined }
  | { readonly kind: 'interval' }
  | { readonly kind: 'list'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly Column[] }
  | { readonly kind: 'map'; readonly key: ColumnType; readonly value: ColumnType };

export type Column = { readonly name: string; readonly type: ColumnType };

/** Columns in order. Names are unique without regard to case. */
export type Schema = readonly Column[];
