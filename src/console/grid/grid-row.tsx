import type { ReactNode } from 'react';
import { cellText } from './values/cell-text.ts';
import type { GridColumn } from './values/columns.ts';
import { isWithin } from './movement.ts';
import type { GridRow } from './values/order.ts';
import { cellId, type GridParts } from './grid-parts.ts';

export function GridRowView({
  id,
  seen,
  cells,
  columns,
  at,
  top,
  row,
  onOpen,
}: GridParts & {
  readonly columns: readonly GridColumn[];
  /** Its place as shown. */
  readonly at: number;
  readonly top: number;
  readonly row: GridRow;
}): ReactNode {
  return (
    <div
      role="row"
      aria-rowindex={at + 2}
      className="grid-row"
      style={{ transform: `translateY(${top}px)` }}
    >
      {seen.map(({ index, start, size }) => {
        const column = columns[index];
        if (column === undefined) return null;
        const cell = { row: at, column: index };
        const isActive = cells.active.row === at && cells.active.column === index;
        const isChosen = isWithin(cells.range, at, index);
        const value = row[column.index];
        return (
          <div
            key={index}
            id={cellId(id, cell)}
            role="gridcell"
            aria-colindex={index + 1}
            aria-selected={isChosen}
            className={`grid-cell ${column.kind}${isActive ? ' active' : ''}`}
            style={{ left: start, width: size }}
            onPointerDown={(event) => cells.onPointer(event, cell)}
            onPointerEnter={(event) => {
              if (event.buttons === 1) cells.onPointer(extending(event), cell);
            }}
            onDoubleClick={() => onOpen(cell)}
          >
            <CellValue value={value} column={column} />
          </div>
        );
      })}
    </div>
  );
}

/** A drag chooses from where it began, as a click with Shift does. */
function extending<T extends React.PointerEvent>(event: T): T {
  return Object.assign(event, { shiftKey: true, button: 0 });
}

function CellValue({
  value,
  column,
}: {
  readonly value: unknown;
  readonly column: GridColumn;
}): ReactNode {
  if (value === null || value === undefined) return <span className="grid-null">NULL</span>;
  const text = cellText(value, column.kind);
  return text === '' ? <span className="visually-hidden">empty text</span> : text;
}
