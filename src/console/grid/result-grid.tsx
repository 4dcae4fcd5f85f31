import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import type { Arrangement } from './arrangement.ts';
import { CellViewer } from './cell-viewer.tsx';
import { ColumnMenu } from './column-menu.tsx';
import { cellsText } from './values/copy-formats.ts';
import { cellId } from './grid-parts.ts';
import { GridHead } from './grid-head.tsx';
import { cellOfElement, GridRowView } from './grid-row.tsx';
import type { Cell } from './movement.ts';
import { type Cells, useCells } from './use-cells.ts';
import { useZone } from '../time/zone.ts';
import './result-grid.css';

const rowHeight = 26;
const headHeight = 40;

/**
 * Rows in a grid of which only what is seen is in the page, rows and columns both. Keys: arrows,
 * Home, End, Page; with Shift they choose a range, Ctrl+C copies it, Enter opens a cell or a
 * column's menu, Alt with the arrows makes a column wider.
 */
export function ResultGrid({
  arrangement,
  label,
  onCopied,
}: {
  readonly arrangement: Arrangement;
  readonly label: string;
  readonly onCopied: (message: string) => void;
}): ReactNode {
  const view = useGridView(arrangement);
  const { id, scroll, across, down, cells, opened, open } = view;
  const { columns, rows, order } = arrangement;
  const zone = useZone();
  const seen = across.getVirtualItems();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!cells.onKey(event)) onGridKey(event, { arrangement, cells, onCopied, open });
  };
  return (
    <>
      <div
        ref={scroll}
        className="grid"
        role="grid"
        aria-label={label}
        aria-rowcount={order.length + 1}
        aria-colcount={columns.length}
        aria-multiselectable="true"
        aria-activedescendant={cellId(id, cells.active)}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => cells.onPress(event, cellOfElement(event.target))}
        onPointerOver={(event) => cells.onDrag(event, cellOfElement(event.target))}
        onDoubleClick={({ target }) => {
          const cell = cellOfElement(target);
          if (cell !== undefined) open(cell);
        }}
      >
        <div
          className="grid-canvas"
          role="presentation"
          style={{ width: across.getTotalSize(), height: headHeight + down.getTotalSize() }}
        >
          <GridHead {...{ id, seen, arrangement, cells }} onOpen={open} />
          {down.getVirtualItems().map((item) => (
            <GridRowView
              key={item.key}
              {...{ id, seen, columns, zone }}
              {...chosenIn(cells, item.index)}
              at={item.index}
              top={item.start - headHeight}
              row={rows[order[item.index] ?? -1] ?? noRow}
            />
          ))}
        </div>
      </div>
      {opened !== undefined && (
        <OpenedPart {...{ opened, arrangement, onCopied }} onClose={view.close} />
      )}
    </>
  );
}

function useGridView(arrangement: Arrangement): GridView {
  const scroll = useRef<HTMLDivElement>(null);
  const id = useId();
  const { columns, order, widths } = arrangement;
  const across = useColumns(scroll, widths);
  const down = useVirtualizer<HTMLDivElement, Element>({
    count: order.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
    overscan: 8,
    useFlushSync: false,
  });
  const show = (cell: Cell): void => {
    if (cell.row >= 0) down.scrollToIndex(cell.row);
    across.scrollToIndex(cell.column);
  };
  const pageRows = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 400) / rowHeight) - 3);
  const cells = useCells({ rows: order.length, columns: columns.length, pageRows }, show);
  const [opened, setOpened] = useState<Opened>();
  const open = (cell: Cell, anchor = elementOf(id, cell)?.getBoundingClientRect()): void => {
    if (anchor !== undefined) setOpened({ cell, anchor });
  };
  return { id, scroll, across, down, cells, opened, open, close: () => setOpened(undefined) };
}

type Virtual = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>;

type GridView = {
  readonly id: string;
  readonly scroll: RefObject<HTMLDivElement | null>;
  readonly across: Virtual;
  readonly down: Virtual;
  readonly cells: Cells;
  readonly opened: Opened | undefined;
  readonly open: (cell: Cell, anchor?: DOMRect) => void;
  readonly close: () => void;
};

/** What was opened from the grid: a column's menu, or a cell. */
function OpenedPart({
  opened: { cell, anchor },
  arrangement,
  onCopied,
  onClose,
}: {
  readonly opened: Opened;
  readonly arrangement: Arrangement;
  readonly onCopied: (message: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { columns, rows, order } = arrangement;
  const column = columns[cell.column];
  if (column === undefined) return null;
  if (cell.row < 0) return <ColumnMenu {...{ column, anchor, arrangement, onCopied, onClose }} />;
  const value = rows[order[cell.row] ?? -1]?.[column.index];
  return <CellViewer column={column} value={value} onClose={onClose} />;
}

const noRow: readonly unknown[] = [];

/** What of a row is chosen, in a form that is the same as long as it is. */
function chosenIn(
  { active, range: { from, to } }: Cells,
  row: number,
): { readonly activeColumn: number | undefined; readonly chosenFrom: number; chosenTo: number } {
  const isChosen = row >= from.row && row <= to.row;
  return {
    activeColumn: active.row === row ? active.column : undefined,
    chosenFrom: isChosen ? from.column : 0,
    chosenTo: isChosen ? to.column : -1,
  };
}

type Opened = { readonly cell: Cell; readonly anchor: DOMRect };

function elementOf(id: string, cell: Cell): HTMLElement | null {
  return document.getElementById(cellId(id, cell));
}

function useColumns(scroll: RefObject<HTMLDivElement | null>, widths: readonly number[]): Virtual {
  const across = useVirtualizer<HTMLDivElement, Element>({
    horizontal: true,
    count: widths.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => widths[index] ?? 100,
    overscan: 4,
    useFlushSync: false,
  });
  useEffect(() => across.measure(), [across, widths]);
  return across;
}

type GridKeys = {
  readonly arrangement: Arrangement;
  readonly cells: Cells;
  readonly onCopied: (message: string) => void;
  readonly open: (cell: Cell) => void;
};

function onGridKey(event: KeyboardEvent, { arrangement, cells, onCopied, open }: GridKeys): void {
  const { active } = cells;
  const isControl = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (key === 'enter') open(active);
  else if (isControl && key === 'a') cells.chooseAll();
  else if (isControl && key === 'c') copyRange({ arrangement, cells, onCopied });
  else if (event.altKey && (key === 'arrowleft' || key === 'arrowright')) {
    const width = arrangement.widths[active.column] ?? 0;
    arrangement.widen(active.column, width + (key === 'arrowleft' ? -widthStepPx : widthStepPx));
  } else return;
  event.preventDefault();
}

const widthStepPx = 24;

function copyRange({ arrangement, cells, onCopied }: Omit<GridKeys, 'open'>): void {
  const { columns, rows, order } = arrangement;
  const { from, to } = cells.range;
  const chosenColumns = columns.slice(from.column, to.column + 1);
  const chosen = order
    .slice(from.row, to.row + 1)
    .map((at) => chosenColumns.map(({ index }) => rows[at]?.[index]));
  const what = `${chosen.length} × ${chosenColumns.length} cells`;
  navigator.clipboard.writeText(cellsText(chosen)).then(
    () => onCopied(chosen.length * chosenColumns.length === 1 ? 'Copied' : `Copied ${what}`),
    () => onCopied('The browser does not allow copying here'),
  );
}
