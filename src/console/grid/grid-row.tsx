import type { VirtualItem } from '@tanstack/react-virtual';
import { memo, type ReactNode } from 'react';
import { cellId } from './grid-parts.ts';
import type { Cell } from './movement.ts';
import { cellText } from './values/cell-text.ts';
import type { GridColumn } from './values/columns.ts';
import type { GridRow } from './values/order.ts';

type RowProps = {
  readonly id: string;
  readonly seen: readonly VirtualItem[];
  readonly columns: readonly GridColumn[];
  /** Its place as shown. */
  readonly at: number;
  readonly top: number;
  readonly row: GridRow;
  /** Whose clocks show its instants. */
  readonly zone: string;
  /** The column that the keys are at, where they are in this row. */
  readonly activeColumn: number | undefined;
  /** The columns chosen in this row, the last one among them; none: 0 and -1. */
  readonly chosenFrom: number;
  readonly chosenTo: number;
};

/** Drawn again only when something in it is another: scrolling draws new rows and cells alone. */
export const GridRowView = memo(function GridRowView(props: RowProps): ReactNode {
  const { id, seen, columns, at, top, row, zone, activeColumn, chosenFrom, chosenTo } = props;
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
        return (
          <GridCell
            key={index}
            id={cellId(id, { row: at, column: index })}
            column={column}
            value={row[column.index]}
            zone={zone}
            left={start}
            width={size}
            isActive={index === activeColumn}
            isChosen={index >= chosenFrom && index <= chosenTo}
          />
        );
      })}
    </div>
  );
});

/** The cell that something in the grid belongs to; undefined where it is no row's. */
export function cellOfElement(target: EventTarget): Cell | undefined {
  if (!(target instanceof Element)) return undefined;
  const cell = target.closest('[role=gridcell]');
  const column = cell?.getAttribute('aria-colindex');
  const row = cell?.parentElement?.getAttribute('aria-rowindex');
  if (column === null || column === undefined || row === null || row === undefined) {
    return undefined;
  }
  return { row: Number(row) - 2, column: Number(column) - 1 };
}

type CellProps = {
  readonly id: string;
  readonly column: GridColumn;
  readonly value: unknown;
  readonly zone: string;
  readonly left: number;
  readonly width: number;
  readonly isActive: boolean;
  readonly isChosen: boolean;
};

const GridCell = memo(function GridCell(props: CellProps): ReactNode {
  const { id, column, value, zone, left, width, isActive, isChosen } = props;
  return (
    <div
      id={id}
      role="gridcell"
      aria-colindex={column.index + 1}
      aria-selected={isChosen}
      className={`grid-cell ${column.kind}${isActive ? ' active' : ''}`}
      style={{ left, width }}
    >
      {shown(value, column, zone)}
    </div>
  );
});

function shown(value: unknown, column: GridColumn, zone: string): ReactNode {
  if (value === null || value === undefined) return <span className="grid-null">NULL</span>;
  const text = cellText(value, column.kind, zone);
  return text === '' ? <span className="visually-hidden">empty text</span> : text;
}
