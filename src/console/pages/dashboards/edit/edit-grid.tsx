import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import type { DashboardPanel } from '../../../../server/library/library-api.ts';
import { gridPlace, inReadingOrder } from '../board/board-grid.tsx';
import {
  arranged,
  columnCount,
  type Direction,
  type PanelPlace,
  placeText,
  resized,
  stepped,
} from '../board/layout.ts';
import { type Asking, PanelView } from '../panel/panel-view.tsx';

/** As in the grid's rules. */
const rowPixels = 56;
const gapPixels = 8;

const directions: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

type Grip = 'move' | 'size';

/** Panels with handles: drag them, or use the arrow keys on them; where they are is said aloud. */
export function EditGrid({
  panels,
  asking,
  onChange,
  onEdit,
  onRemove,
}: {
  readonly panels: readonly DashboardPanel[];
  readonly asking: Asking;
  readonly onChange: (panels: readonly DashboardPanel[]) => void;
  readonly onEdit: (panel: DashboardPanel) => void;
  readonly onRemove: (id: string) => void;
}): ReactNode {
  const grid = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('');
  const [dragged, setDragged] = useState<readonly DashboardPanel[]>();
  const change = (next: readonly DashboardPanel[], id: string): void => {
    const moved = next.find((panel) => panel.id === id);
    setSaid(moved === undefined ? '' : placeText(moved));
    onChange(next);
  };
  const onKey = (event: KeyboardEvent, id: string, grip: Grip): void => {
    const direction = directions[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    change((grip === 'move' ? stepped : resized)(panels, id, direction), id);
  };
  const onGrab = (event: PointerEvent<HTMLElement>, panel: DashboardPanel, grip: Grip): void =>
    follow(event, grid.current?.clientWidth ?? 0, {
      onMove: (by) => setDragged(arranged(panels, panel.id, draggedPlace(panel, grip, by))),
      onEnd: (by) => {
        setDragged(undefined);
        if (by.across === 0 && by.down === 0) return;
        change(arranged(panels, panel.id, draggedPlace(panel, grip, by)), panel.id);
      },
    });
  return (
    <>
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
      <div className="board-grid editing" ref={grid}>
        {inReadingOrder(panels).map(({ id }) => {
          const panel = (dragged ?? panels).find((one) => one.id === id);
          if (panel === undefined) return null;
          return (
            <article key={id} className="board-cell" style={gridPlace(panel)}>
              <PanelTools
                panel={panel}
                onKey={(event, grip) => onKey(event, id, grip)}
                onGrab={(event, grip) => onGrab(event, panel, grip)}
                onEdit={() => onEdit(panel)}
                onRemove={() => onRemove(id)}
              />
              <PanelView panel={panel} asking={asking} />
            </article>
          );
        })}
      </div>
    </>
  );
}

function PanelTools({
  panel,
  onKey,
  onGrab,
  onEdit,
  onRemove,
}: {
  readonly panel: DashboardPanel;
  readonly onKey: (event: KeyboardEvent, grip: Grip) => void;
  readonly onGrab: (event: PointerEvent<HTMLElement>, grip: Grip) => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}): ReactNode {
  const name = panel.title === '' ? 'the panel' : panel.title;
  return (
    <div className="board-tools">
      <button
        type="button"
        className="button board-grip"
        aria-label={`Move ${name} by the arrow keys`}
        onKeyDown={(event) => onKey(event, 'move')}
        onPointerDown={(event) => onGrab(event, 'move')}
      >
        Move
      </button>
      <button type="button" className="button" onClick={onEdit}>
        Edit<span className="visually-hidden"> {name}</span>
      </button>
      <button type="button" className="button" onClick={onRemove}>
        Remove<span className="visually-hidden"> {name}</span>
      </button>
      <button
        type="button"
        className="button board-grip size"
        aria-label={`Size of ${name} by the arrow keys`}
        onKeyDown={(event) => onKey(event, 'size')}
        onPointerDown={(event) => onGrab(event, 'size')}
      >
        Size
      </button>
    </div>
  );
}

/** In columns and rows of the grid. */
type Distance = { readonly across: number; readonly down: number };

/** Follows the pointer from where it grabbed a handle until it lets go. */
function follow(
  event: PointerEvent<HTMLElement>,
  gridPixels: number,
  told: { readonly onMove: (by: Distance) => void; readonly onEnd: (by: Distance) => void },
): void {
  if (event.button !== 0) return;
  const columnPixels = (gridPixels + gapPixels) / columnCount;
  const { clientX: startX, clientY: startY, currentTarget: handle } = event;
  handle.setPointerCapture(event.pointerId);
  const stop = new AbortController();
  const { signal } = stop;
  let by: Distance = { across: 0, down: 0 };
  const onMove = ({ clientX, clientY }: globalThis.PointerEvent): void => {
    by = {
      across: Math.round((clientX - startX) / columnPixels),
      down: Math.round((clientY - startY) / (rowPixels + gapPixels)),
    };
    told.onMove(by);
  };
  const onEnd = (): void => {
    stop.abort();
    told.onEnd(by);
  };
  handle.addEventListener('pointermove', onMove, { signal });
  handle.addEventListener('pointerup', onEnd, { signal });
  handle.addEventListener('pointercancel', onEnd, { signal });
}

function draggedPlace(
  { x, y, width, height }: PanelPlace,
  grip: Grip,
  { across, down }: Distance,
): Partial<PanelPlace> {
  return grip === 'move'
    ? { x: x + across, y: y + down }
    : { width: width + across, height: height + down };
}
