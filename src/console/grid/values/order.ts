import { exactText } from './cell-text.ts';
import type { ColumnKind, GridColumn } from './columns.ts';

export type GridRow = readonly unknown[];

export type Sorting = { readonly column: number; readonly isDescending: boolean };

export type Filtering = {
  /** Undefined: any column. */
  readonly column: number | undefined;
  readonly text: string;
  /** The whole value; otherwise a part of it, whatever its case. */
  readonly isExact: boolean;
};

/** Places in `rows` of those that pass, in the asked order; equal ones keep theirs, NULLs last. */
export function arranged(
  rows: readonly GridRow[],
  columns: readonly GridColumn[],
  how: { readonly sorting: Sorting | undefined; readonly filters: readonly Filtering[] },
): readonly number[] {
  const { sorting, filters } = how;
  const passing = [...rows.keys()].filter((index) =>
    filters.every((filter) => passes(rows[index] ?? [], filter)),
  );
  if (sorting === undefined) return passing;
  const kind = columns[sorting.column]?.kind ?? 'text';
  const direction = sorting.isDescending ? -1 : 1;
  const value = (index: number): unknown => rows[index]?.[sorting.column] ?? null;
  return passing.toSorted((one, other) => {
    const [left, right] = [value(one), value(other)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return direction * compared(left, right, kind);
  });
}

/** The order of two values that are not NULL. Wide numbers are compared digit by digit. */
export function compared(left: unknown, right: unknown, kind: ColumnKind): number {
  if (kind === 'number') return comparedNumbers(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  const [one, other] = [exactText(left) ?? '', exactText(right) ?? ''];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function passes(row: GridRow, { column, text, isExact }: Filtering): boolean {
  const values = column === undefined ? row : [row[column]];
  if (isExact) return values.some((value) => (exactText(value) ?? nullMark) === text);
  const wanted = text.toLowerCase();
  return values.some((value) => exactText(value)?.toLowerCase().includes(wanted) === true);
}

/** How an exact filter names NULL: no text is this. */
export const nullMark = '\u0000NULL';

function comparedNumbers(left: unknown, right: unknown): number {
  const difference = Number(left) - Number(right);
  const isNear = !(Math.abs(difference) > 0) || !Number.isSafeInteger(Math.trunc(Number(left)));
  if (!isNear) return difference;
  const [one, other] = [digits(left), digits(right)];
  if (one === undefined || other === undefined) return ordinal(left) - ordinal(right);
  const places = Math.max(one.fraction.length, other.fraction.length);
  const [first, second] = [scaled(one, places), scaled(other, places)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

type Digits = { readonly sign: string; readonly whole: string; readonly fraction: string };

function digits(value: unknown): Digits | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value));
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = parts;
  return { sign, whole, fraction };
}

function scaled({ sign, whole, fraction }: Digits, places: number): bigint {
  return BigInt(`${sign}${whole}${fraction.padEnd(places, '0')}`);
}

/** NaN is the greatest, as it is to the database. */
function ordinal(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return Number.MAX_VALUE;
  return Math.max(-Number.MAX_VALUE / 2, Math.min(Number.MAX_VALUE / 2, number));
}
