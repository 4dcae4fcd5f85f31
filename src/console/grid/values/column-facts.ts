import { exactText } from './cell-text.ts';
import type { GridColumn } from './columns.ts';
import { compared, type GridRow } from './order.ts';

/** What can be said of a column, from the rows that are here. */
export type ColumnFacts = {
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  /** Absent without values, and of nested ones. */
  readonly least?: unknown;
  readonly greatest?: unknown;
  /** The most frequent, with their exact text; undefined is NULL. */
  readonly top: readonly { readonly text: string | undefined; readonly count: number }[];
};

export function columnFacts(
  rows: readonly GridRow[],
  order: readonly number[],
  { index, kind }: GridColumn,
): ColumnFacts {
  const counts = new Map<string | undefined, number>();
  let least: unknown;
  let greatest: unknown;
  for (const at of order) {
    const value = rows[at]?.[index] ?? null;
    const text = exactText(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
    if (value === null || kind === 'nested') continue;
    if (least === undefined || compared(value, least, kind) < 0) least = value;
    if (greatest === undefined || compared(value, greatest, kind) > 0) greatest = value;
  }
  const nulls = counts.get(undefined) ?? 0;
  const top = [...counts]
    .map(([text, count]) => ({ text, count }))
    .toSorted((one, other) => other.count - one.count)
    .slice(0, topMax);
  const distinct = counts.size - Number(nulls > 0);
  return { count: order.length, nulls, distinct, least, greatest, top };
}

const topMax = 5;
