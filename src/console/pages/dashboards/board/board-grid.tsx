import type { CSSProperties, ReactNode } from 'react';
import type { DashboardPanel } from '../../../../server/library/library-api.ts';
import { type Asking, PanelView } from '../panel/panel-view.tsx';
import type { PanelPlace } from './layout.ts';

/** All panels at their places; on a narrow screen one below the other. */
export function BoardGrid({
  panels,
  asking,
}: {
  readonly panels: readonly DashboardPanel[];
  readonly asking: Asking;
}): ReactNode {
  return (
    <div className="board-grid">
      {inReadingOrder(panels).map((panel) => (
        <article key={panel.id} className="board-cell" style={gridPlace(panel)}>
          <PanelView panel={panel} asking={asking} />
        </article>
      ))}
    </div>
  );
}

/** As the eye goes: what is read aloud and tabbed through follows it. */
export function inReadingOrder(panels: readonly DashboardPanel[]): readonly DashboardPanel[] {
  return panels.toSorted((one, other) => one.y - other.y || one.x - other.x);
}

/** A panel's place, for the grid's rules. */
export function gridPlace({ x, y, width, height }: PanelPlace): CSSProperties {
  const place: Readonly<Record<string, string>> = {
    '--column': `${x + 1} / span ${width}`,
    '--row-place': `${y + 1} / span ${height}`,
    '--rows': String(height),
  };
  return place;
}
