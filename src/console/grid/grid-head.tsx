import type { PointerEvent, ReactNode } from 'react';
import { Icon } from '../parts/icon.tsx';
import { useZone } from '../time/zone.ts';
import type { Arrangement } from './arrangement.ts';
import { type GridColumn, shortType, zoneNote } from './values/columns.ts';
import { cellId, type GridParts } from './grid-parts.ts';

/** The columns' names and types: a click sorts, the button beside opens what else there is. */
export function GridHead(props: GridParts & { readonly arrangement: Arrangement }): ReactNode {
  const { seen, arrangement } = props;
  return (
    <div role="row" aria-rowindex={1} className="grid-head">
      {seen.map(({ index, start, size }) => {
        const column = arrangement.columns[index];
        if (column === undefined) return null;
        return <HeadCell key={index} {...props} column={column} left={start} width={size} />;
      })}
    </div>
  );
}

function HeadCell({
  id,
  column,
  left,
  width,
  cells,
  arrangement,
  onOpen,
}: GridParts & {
  readonly arrangement: Arrangement;
  readonly column: GridColumn;
  readonly left: number;
  readonly width: number;
}): ReactNode {
  const { name, type, kind, index } = column;
  const zone = useZone();
  const cell = { row: -1, column: index };
  const isActive = cells.active.row === -1 && cells.active.column === index;
  const { sorting } = arrangement;
  const direction = sorting?.column === index ? sortNames[String(sorting.isDescending)] : undefined;
  return (
    <div
      id={cellId(id, cell)}
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={direction ?? 'none'}
      className={`grid-heading ${kind}${isActive ? ' active' : ''}`}
      style={{ left, width }}
      title={[name, type, zoneNote(type, zone)].filter(Boolean).join('\n')}
      onClick={() => {
        cells.go(cell);
        arrangement.sort(nextSorting(index, direction));
      }}
    >
      <span className="name">
        {name}
        {direction !== undefined && <span aria-hidden="true"> {sortMarks[direction]}</span>}
      </span>
      <span className="type">{shortType(type)}</span>
      <button
        type="button"
        className="more"
        tabIndex={-1}
        aria-label={`About the column ${name}`}
        onClick={(event) => {
          event.stopPropagation();
          cells.go(cell);
          onOpen(cell, event.currentTarget.getBoundingClientRect());
        }}
      >
        <Icon name="down" />
      </button>
      <span
        className="edge"
        onClick={(event) => event.stopPropagation()}
        onPointerDown={(event) => drag(event, width, (next) => arrangement.widen(index, next))}
      />
    </div>
  );
}

type Direction = 'ascending' | 'descending';

const sortNames: Readonly<Record<string, Direction>> = { true: 'descending', false: 'ascending' };
const sortMarks: Readonly<Record<Direction, string>> = { ascending: '↑', descending: '↓' };

/** Up, down, and as it came. */
function nextSorting(column: number, direction: Direction | undefined): Arrangement['sorting'] {
  if (direction === 'descending') return undefined;
  return { column, isDescending: direction === 'ascending' };
}

function drag(
  event: PointerEvent<HTMLElement>,
  width: number,
  onWidth: (width: number) => void,
): void {
  const { currentTarget: edge, clientX: startX, pointerId } = event;
  event.stopPropagation();
  event.preventDefault();
  edge.setPointerCapture(pointerId);
  const onMove = (move: globalThis.PointerEvent): void => onWidth(width + move.clientX - startX);
  edge.addEventListener('pointermove', onMove);
  edge.addEventListener('lostpointercapture', () =>
    edge.removeEventListener('pointermove', onMove),
  );
}
