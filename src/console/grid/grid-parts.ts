import type { VirtualItem } from '@tanstack/react-virtual';
import type { Cell } from './movement.ts';
import type { Cells } from './use-cells.ts';

/** What the parts of the grid need to speak of its cells. */
export type GridParts = {
  readonly id: string;
  /** The columns that are seen. */
  readonly seen: readonly VirtualItem[];
  readonly cells: Cells;
  readonly onOpen: (cell: Cell, anchor?: DOMRect) => void;
};

export function cellId(id: string, { row, column }: Cell): string {
  return `${id}-${row}-${column}`;
}
