import type { TreeRow } from './tree-rows.ts';

/** What a key does in a tree, as the pattern of ARIA says. */
export type TreeMove =
  | { readonly kind: 'go'; readonly path: string }
  | { readonly kind: 'open' | 'close'; readonly path: string };

/** Undefined where the key means nothing there. */
export function treeMove(
  key: string,
  rows: readonly TreeRow[],
  current: string | undefined,
): TreeMove | undefined {
  const at = Math.max(
    0,
    rows.findIndex(({ path }) => path === current),
  );
  const row = rows[at];
  if (row === undefined) return undefined;
  if (key === 'ArrowRight') {
    if (row.isOpen === false) return { kind: 'open', path: row.path };
    return row.isOpen === true ? going(rows[at + 1]) : undefined;
  }
  if (key === 'ArrowLeft') {
    if (row.isOpen === true) return { kind: 'close', path: row.path };
    return going(rows.slice(0, at).findLast(({ level }) => level < row.level));
  }
  if (key === 'Enter' && row.isOpen !== undefined) {
    return { kind: row.isOpen ? 'close' : 'open', path: row.path };
  }
  const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
  return target === undefined ? undefined : going(rows[target]);
}

function going(row: TreeRow | undefined): TreeMove | undefined {
  return row && { kind: 'go', path: row.path };
}
