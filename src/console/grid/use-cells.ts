import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { type Cell, type CellRange, type GridSize, movedCell, rangeOf } from './movement.ts';

/** Which cell the keys are at, and which are chosen with it. */
export type Cells = {
  readonly active: Cell;
  readonly range: CellRange;
  /** True where the key was one that moves. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  readonly onPress: (event: PointerEvent, cell: Cell | undefined) => void;
  /** With the button down it chooses from where that was pressed. */
  readonly onDrag: (event: PointerEvent, cell: Cell | undefined) => void;
  readonly go: (cell: Cell) => void;
  readonly chooseAll: () => void;
};

export function useCells(size: GridSize, onMove: (cell: Cell) => void): Cells {
  const [chosen, setChosen] = useState({ anchor: start, active: start });
  const active = within(chosen.active, size);
  const anchor = within(chosen.anchor, size);
  const go = (cell: Cell, isExtending = false): void => {
    setChosen({ anchor: isExtending ? anchor : cell, active: cell });
    onMove(cell);
  };
  return {
    active,
    range: rangeOf(anchor, active),
    go,
    onKey: (event) => {
      const { key, shiftKey } = event;
      const cell = movedCell(active, { key, ctrlKey: event.ctrlKey || event.metaKey }, size);
      if (cell === undefined || event.altKey) return false;
      event.preventDefault();
      go(cell, shiftKey);
      return true;
    },
    onPress: (event, cell) => {
      if (cell === undefined || event.button !== 0) return;
      setChosen({ anchor: event.shiftKey ? anchor : cell, active: cell });
    },
    onDrag: (event, cell) => {
      if (cell === undefined || event.buttons !== 1 || event.pointerType === 'touch') return;
      setChosen({ anchor, active: cell });
    },
    chooseAll: () =>
      setChosen({
        anchor: { row: 0, column: 0 },
        active: { row: size.rows - 1, column: size.columns - 1 },
      }),
  };
}

const start: Cell = { row: 0, column: 0 };

function within({ row, column }: Cell, { rows, columns }: GridSize): Cell {
  return { row: Math.min(row, rows - 1), column: Math.max(0, Math.min(column, columns - 1)) };
}
