import { useMemo, useState } from 'react';
import type { JsonNode } from './json-node.ts';
import { treeMove } from './tree-keys.ts';
import { firstOpen, type TreeRow, treeRows } from './tree-rows.ts';

export type JsonTreeState = {
  readonly rows: readonly TreeRow[];
  /** The row that keys act on. */
  readonly current: TreeRow | undefined;
  readonly choose: (path: string) => void;
  readonly toggle: (path: string) => void;
  /** False where the key means nothing in a tree. */
  readonly onKey: (key: string) => boolean;
};

/** Which rows of a document are open, and which one is chosen; begun anew for another document. */
export function useJsonTree(root: JsonNode): JsonTreeState {
  const [state, setState] = useState({ root, open: firstOpen(root), path: '' });
  if (state.root !== root) setState({ root, open: firstOpen(root), path: state.path });
  const rows = useMemo(() => treeRows(root, state.open), [root, state.open]);
  const current = rows.find(({ path }) => path === state.path) ?? rows[0];
  const choose = (path: string): void => setState((before) => ({ ...before, path }));
  const toggle = (path: string): void =>
    setState((before) => ({ ...before, path, open: toggled(before.open, path) }));
  const onKey = (key: string): boolean => {
    const move = treeMove(key, rows, current?.path);
    if (move === undefined) return false;
    if (move.kind === 'go') choose(move.path);
    else toggle(move.path);
    return true;
  };
  return { rows, current, choose, toggle, onKey };
}

function toggled(open: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(open);
  if (!next.delete(path)) next.add(path);
  return next;
}
