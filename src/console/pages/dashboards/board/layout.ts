import type { DashboardPanel } from '../../../../server/library/library-api.ts';

export const columnCount = 12;
const widthMin = 2;
const heightMin = 2;
const heightMax = 40;

export type PanelPlace = Pick<DashboardPanel, 'x' | 'y' | 'width' | 'height'>;

export type Direction = 'up' | 'down' | 'left' | 'right';

/**
 * The panels with one at a wished place, or as near as the grid has it. Panels lie in the order of
 * their middles and rise as far as they can: nothing overlaps, and no gap stays.
 */
export function arranged(
  panels: readonly DashboardPanel[],
  id: string,
  wished: Partial<PanelPlace>,
): readonly DashboardPanel[] {
  const before = panels.find((panel) => panel.id === id);
  if (before === undefined) return panels;
  const moved = { ...before, ...within({ ...before, ...wished }, wished) };
  const middles = new Map(panels.map((panel) => [panel.id, panel.y + panel.height / 2]));
  // Growing changes nothing about the order.
  middles.set(id, (wished.y ?? before.y) + before.height / 2);
  const middleOf = (panel: DashboardPanel): number => middles.get(panel.id) ?? 0;
  const ordered = panels
    .map((panel) => (panel.id === id ? moved : panel))
    .toSorted((one, other) => middleOf(one) - middleOf(other) || isFirst(one) - isFirst(other));
  const risen: DashboardPanel[] = [];
  for (const panel of ordered) risen.push({ ...panel, y: freeRow(risen, panel) });
  return panels.map((panel) => risen.find((one) => one.id === panel.id) ?? panel);

  function isFirst(panel: DashboardPanel): number {
    return panel.id === id ? 0 : 1;
  }
}

/** One step by key: to the next place in that direction that is another. */
export function stepped(
  panels: readonly DashboardPanel[],
  id: string,
  direction: Direction,
): readonly DashboardPanel[] {
  const panel = panels.find((one) => one.id === id);
  if (panel === undefined) return panels;
  if (direction === 'left') return arranged(panels, id, { x: panel.x - 1 });
  if (direction === 'right') return arranged(panels, id, { x: panel.x + 1 });
  const sign = direction === 'up' ? -1 : 1;
  for (let y = panel.y + sign; y >= -1 && y <= bottomOf(panels) + 1; y += sign) {
    const next = arranged(panels, id, { y });
    if (next.find((one) => one.id === id)?.y !== panel.y) return next;
  }
  return panels;
}

/** One step wider, narrower, higher or lower. */
export function resized(
  panels: readonly DashboardPanel[],
  id: string,
  direction: Direction,
): readonly DashboardPanel[] {
  const panel = panels.find((one) => one.id === id);
  if (panel === undefined) return panels;
  const by = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction];
  const [width = 0, height = 0] = by;
  return arranged(panels, id, { width: panel.width + width, height: panel.height + height });
}

/** Where a new panel goes: left or right, wherever there is room higher up. */
export function freePlace(panels: readonly DashboardPanel[]): PanelPlace {
  const size = { width: columnCount / 2, height: 4 };
  const [first, second] = [0, columnCount / 2].map((x) => ({
    ...size,
    x,
    y: freeRow(panels, { ...size, x }),
  }));
  const left = first ?? { ...size, x: 0, y: bottomOf(panels) };
  return second !== undefined && second.y < left.y ? second : left;
}

/** Without one panel; the others rise. */
export function without(panels: readonly DashboardPanel[], id: string): readonly DashboardPanel[] {
  const rest = panels.filter((panel) => panel.id !== id);
  const [first] = rest;
  return first === undefined ? [] : arranged(rest, first.id, {});
}

/** In words, for who doesn't see it; columns and rows count from 1. */
export function placeText({ title, x, y, width, height }: DashboardPanel): string {
  const name = title === '' ? 'Panel' : title;
  return `${name}: column ${x + 1}, row ${y + 1}, ${width} wide, ${height} high`;
}

/** A panel that grows ends at the grid's edge; one that is moved keeps its size. */
function within(
  { x, y, width, height }: PanelPlace,
  { width: wishedWidth }: Partial<PanelPlace>,
): PanelPlace {
  const most = wishedWidth === undefined ? columnCount : columnCount - x;
  const across = clamped(width, widthMin, most);
  return {
    x: clamped(x, 0, columnCount - across),
    y: Math.max(0, Math.round(y)),
    width: across,
    height: clamped(height, heightMin, heightMax),
  };
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(Math.round(value), least), Math.max(least, most));
}

/** The first row with nothing from there on down in the panel's columns. */
function freeRow(panels: readonly PanelPlace[], { x, width }: Omit<PanelPlace, 'y'>): number {
  const above = panels.filter((one) => one.x < x + width && x < one.x + one.width);
  return bottomOf(above);
}

function bottomOf(panels: readonly PanelPlace[]): number {
  return Math.max(0, ...panels.map(({ y, height }) => y + height));
}
