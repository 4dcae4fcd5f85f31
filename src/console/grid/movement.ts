/** A cell by its place as shown; row -1 is the columns' heads. */
export type Cell = { readonly row: number; readonly column: number };

/** Both corners are in it. */
export type CellRange = { readonly from: Cell; readonly to: Cell };

export type GridSize = {
  readonly rows: number;
  readonly columns: number;
  /** How many rows are seen at once. */
  readonly pageRows: number;
};

/** Where a key leads from a cell; undefined where it is no key that moves. */
export function movedCell(
  cell: Cell,
  { key, ctrlKey }: { readonly key: string; readonly ctrlKey: boolean },
  { rows, columns, pageRows }: GridSize,
): Cell | undefined {
  const step = steps[key];
  const to = (row: number, column: number): Cell => ({
    row: Math.max(-1, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  if (step !== undefined) {
    const far = ctrlKey ? Math.max(rows, columns) : 1;
    const row = cell.row + step.rows * far;
    return to(ctrlKey && step.rows < 0 ? Math.max(0, row) : row, cell.column + step.columns * far);
  }
  if (key === 'Home') return to(ctrlKey ? 0 : cell.row, 0);
  if (key === 'End') return to(ctrlKey ? rows - 1 : cell.row, columns - 1);
  if (key === 'PageUp') return to(Math.max(0, cell.row - pageRows), cell.column);
  if (key === 'PageDown') return to(cell.row + pageRows, cell.column);
  return undefined;
}

const steps: Readonly<Record<string, { readonly rows: number; readonly columns: number }>> = {
  ArrowUp: { rows: -1, columns: 0 },
  ArrowDown: { rows: 1, columns: 0 },
  ArrowLeft: { rows: 0, columns: -1 },
  ArrowRight: { rows: 0, columns: 1 },
};

/** The cells between two, of rows only: heads are not selected. */
export function rangeOf(anchor: Cell, active: Cell): CellRange {
  return {
    from: {
      row: Math.max(0, Math.min(anchor.row, active.row)),
      column: Math.min(anchor.column, active.column),
    },
    to: {
      row: Math.max(anchor.row, active.row),
      column: Math.max(anchor.column, active.column),
    },
  };
}
