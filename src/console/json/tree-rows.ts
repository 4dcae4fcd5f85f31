import type { JsonNode } from './json-node.ts';

/** A line of a document's tree. */
export type TreeRow = {
  /** As DuckDB's JSON functions take it: `$.items[0]."a b"`; it tells rows apart. */
  readonly path: string;
  /** The field's name, or the place in its list; empty for the document itself. */
  readonly name: string;
  readonly node: JsonNode;
  /** 1 for the fields of the document. */
  readonly level: number;
  /** Undefined where nothing is within. */
  readonly isOpen: boolean | undefined;
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number;
  readonly siblingCount: number;
};

/** More siblings are not listed: the raw text has them. */
export const siblingsMax = 500;

/** The lines that are seen with these paths open: of a document's fields, or the one it is. */
export function treeRows(root: JsonNode, open: ReadonlySet<string>): readonly TreeRow[] {
  if (childrenOf(root, '$').length === 0) {
    return [rowOf({ path: '$', name: '', node: root }, { level: 1, place: 1, count: 1 }, open)];
  }
  return rowsWithin(root, { path: '$', level: 1 }, open);
}

/** What is open at first: a level below the document, unless that is long. */
export function firstOpen(root: JsonNode): ReadonlySet<string> {
  const children = childrenOf(root, '$');
  return new Set(
    children
      .filter(({ path, node }) => childrenOf(node, path).length <= openedMax)
      .map(({ path }) => path),
  );
}

const openedMax = 20;

type Child = { readonly path: string; readonly name: string; readonly node: JsonNode };

function rowsWithin(
  node: JsonNode,
  { path, level }: { readonly path: string; readonly level: number },
  open: ReadonlySet<string>,
): readonly TreeRow[] {
  const children = childrenOf(node, path);
  return children.slice(0, siblingsMax).flatMap((child, index) => {
    const row = rowOf(child, { level, place: index + 1, count: children.length }, open);
    const within = { path: child.path, level: level + 1 };
    return row.isOpen === true ? [row, ...rowsWithin(child.node, within, open)] : [row];
  });
}

function rowOf(
  child: Child,
  {
    level,
    place,
    count,
  }: { readonly level: number; readonly place: number; readonly count: number },
  open: ReadonlySet<string>,
): TreeRow {
  const isBranch = childrenOf(child.node, child.path).length > 0;
  const isOpen = isBranch ? open.has(child.path) : undefined;
  return { ...child, level, isOpen, place, siblingCount: count };
}

function childrenOf(node: JsonNode, path: string): readonly Child[] {
  if (node.kind === 'object') {
    return node.members.map(({ name, value }) => ({
      path: `${path}.${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}`,
      name,
      node: value,
    }));
  }
  if (node.kind !== 'array') return [];
  return node.items.map((item, index) => ({
    path: `${path}[${index}]`,
    name: String(index),
    node: item,
  }));
}
