import type { ColumnAnswer } from '../../../server/api.ts';

/**
 * What the values of a column are to whoever reads, sorts or draws them. A `time` says no zone, and
 * has no other clock to be shown by; an `instant` has.
 */
export type ColumnKind = 'number' | 'instant' | 'time' | 'boolean' | 'nested' | 'text';

export type GridColumn = ColumnAnswer & {
  /** Place in each row. */
  readonly index: number;
  readonly kind: ColumnKind;
};

export function gridColumns(columns: readonly ColumnAnswer[]): readonly GridColumn[] {
  return columns.map((column, index) => ({ ...column, index, kind: columnKind(column.type) }));
}

export function columnKind(type: string): ColumnKind {
  if (/(\[\d*\]|^(STRUCT|MAP|UNION)\b.*|^JSON)$/s.test(type)) return 'nested';
  if (
    /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$|^(FLOAT|DOUBLE|BIGNUM|DECIMAL\b.*)$/.test(type)
  ) {
    return 'number';
  }
  if (isZoned(type)) return 'instant';
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'time';
  return type === 'BOOLEAN' ? 'boolean' : 'text';
}

/** What is to be known of a column's times; undefined where they are no times of a day. */
export function zoneNote(type: string, zone: string): string | undefined {
  if (!type.startsWith('TIMESTAMP')) return undefined;
  return isZoned(type)
    ? `Shown in ${zone}; copied and exported with its offset`
    : 'Without a zone: shown as stored, which Helios and its exports take as UTC';
}

function isZoned(type: string): boolean {
  return type === 'TIMESTAMPTZ' || type === 'TIMESTAMP WITH TIME ZONE';
}

/** A type as a column's head shows it: the fields of nested ones are left to the viewer. */
export function shortType(type: string): string {
  const isPlain = type.startsWith('TIMESTAMP') && !isZoned(type);
  const lower = isPlain ? `${type.toLowerCase()}, no zone` : type.toLowerCase();
  if (lower.length <= typeCharactersMax) return lower;
  return `${lower.slice(0, typeCharactersMax - 1)}…`;
}

const typeCharactersMax = 24;
