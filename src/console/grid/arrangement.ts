import { useMemo, useState } from 'react';
import type { ColumnAnswer } from '../../server/api.ts';
import { useZone } from '../time/zone.ts';
import { columnWidth, contentWidths } from './values/column-widths.ts';
import { type GridColumn, gridColumns } from './values/columns.ts';
import { arranged, type Filtering, type GridRow, type Sorting } from './values/order.ts';

/** A result as a person has arranged it: sorted, filtered, its columns as wide as they like. */
export type Arrangement = {
  readonly columns: readonly GridColumn[];
  readonly rows: readonly GridRow[];
  /** Places in `rows`, as shown. */
  readonly order: readonly number[];
  readonly sorting: Sorting | undefined;
  readonly filters: readonly Filtering[];
  readonly widths: readonly number[];
  readonly sort: (sorting: Sorting | undefined) => void;
  /** In place of that column's filter; an empty text that is not exact takes it away. */
  readonly filter: (filtering: Filtering) => void;
  readonly widen: (column: number, width: number) => void;
};

/** What was arranged stays as long as the columns are the same: a live result changes its rows. */
export function useArrangement(
  answered: readonly ColumnAnswer[],
  rows: readonly GridRow[],
): Arrangement {
  const zone = useZone();
  const key = JSON.stringify(answered);
  const [kept, setKept] = useState<Kept>({ ...nothing, key });
  const now = kept.key === key ? kept : { ...nothing, key };
  const columns = useMemo(() => gridColumns(JSON.parse(key) as ColumnAnswer[]), [key]);
  // By the first rows that came: those of a live result don't make columns jump.
  const [measured, setMeasured] = useState<Measured>({ key: '', widths: [] });
  let fitting = measured.widths;
  const measuredKey = `${zone} ${key}`;
  if (measured.key !== measuredKey || (!measured.hadRows && rows.length > 0)) {
    fitting = contentWidths(columns, rows, zone);
    setMeasured({ key: measuredKey, widths: fitting, hadRows: rows.length > 0 });
  }
  const order = useMemo(
    () => arranged(rows, columns, { sorting: now.sorting, filters: now.filters }),
    [rows, columns, now.sorting, now.filters],
  );
  const widths = useMemo(
    () => fitting.map((width, index) => now.widened[index] ?? width),
    [fitting, now.widened],
  );
  return {
    columns,
    rows,
    order,
    sorting: now.sorting,
    filters: now.filters,
    widths,
    sort: (sorting) => setKept({ ...now, sorting }),
    filter: (filtering) => setKept({ ...now, filters: withFilter(now.filters, filtering) }),
    widen: (column, width) => {
      const fit = Math.max(columnWidth.min, width);
      setKept({ ...now, widened: { ...now.widened, [column]: fit } });
    },
  };
}

type Kept = {
  readonly key: string;
  readonly sorting: Sorting | undefined;
  readonly filters: readonly Filtering[];
  readonly widened: Readonly<Record<number, number>>;
};

type Measured = {
  readonly key: string;
  readonly widths: readonly number[];
  readonly hadRows?: boolean;
};

const nothing: Omit<Kept, 'key'> = { sorting: undefined, filters: [], widened: {} };

function withFilter(filters: readonly Filtering[], filtering: Filtering): readonly Filtering[] {
  const others = filters.filter(({ column }) => column !== filtering.column);
  return filtering.text === '' && !filtering.isExact ? others : [...others, filtering];
}
