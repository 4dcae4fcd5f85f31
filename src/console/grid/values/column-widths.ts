import { cellText } from './cell-text.ts';
import { type GridColumn, shortType } from './columns.ts';
import type { GridRow } from './order.ts';

export const columnWidth = { min: 56, max: 420 } as const;

/** Pixels for each column: wide enough for its name and for most of its first values. */
export function contentWidths(
  columns: readonly GridColumn[],
  rows: readonly GridRow[],
  zone: string,
): readonly number[] {
  const looked = rows.slice(0, rowsLookedAt);
  return columns.map(({ name, type, kind, index }) => {
    const lengths = looked
      .map((row) => cellText(row[index], kind, zone).length)
      .toSorted((one, other) => one - other);
    const values = lengths.at(Math.floor(lengths.length * 0.95)) ?? 0;
    const head = Math.max(name.length + 3, shortType(type).length);
    const width = Math.ceil(Math.max(head, values) * characterPx) + paddingPx;
    return Math.min(columnWidth.max, Math.max(columnWidth.min, width));
  });
}

const rowsLookedAt = 60;
/** A digit at 12 px, with a little room. */
const characterPx = 7.4;
const paddingPx = 20;
