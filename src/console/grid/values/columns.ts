import type { ColumnAnswer } from '../../../server/api.ts';

/** What the values of a column are to whoever reads, sorts or draws them. */
export type ColumnKind = 'number' | 'time' | 'boolean' | 'nested' | 'text';

export type GridColumn = ColumnAnswer & {
  /** Place in each row. */
  readonly index: number;
  readonly kind: ColumnKind;
};

export function gridColumns(columns: readonly ColumnAnswer[]): readonly GridColumn[] {
  return columns.map((column, index) => ({ ...column, index, kind: kindOf(column.type) }));
}

function kindOf(type: string): ColumnKind {
  if (/(\[\d*\]|^(STRUCT|MAP|UNION)\b.*|^JSON)$/s.test(type)) return 'nested';
  if (
    /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$|^(FLOAT|DOUBLE|BIGNUM|DECIMAL\b.*)$/.test(type)
  ) {
    return 'number';
  }
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'time';
  return type === 'BOOLEAN' ? 'boolean' : 'text';
}

/** A type as a column's head shows it: the fields of nested ones are left to the viewer. */
export function shortType(type: string): string {
  const lower = type.toLowerCase();
  if (lower.length <= typeCharactersMax) return lower;
  return `${lower.slice(0, typeCharactersMax - 1)}…`;
}

const typeCharactersMax = 24;
