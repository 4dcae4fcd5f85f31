import { columnRef, named } from '../../../sql/tree/make-tree.ts';
import {
  findExpression,
  isTree,
  textOf,
  textsOf,
  type Tree,
  treesOf,
} from '../../../sql/tree/tree.ts';
import { isSameName, type Leaf, mapColumns, pathOf } from '../columns.ts';
import type { StateColumn } from '../dataflow.ts';
import { refuse } from '../refusal.ts';
import { byAlias, isAggregateCall, isGrouped, isStar } from '../select-parts.ts';
import { type Joined, resolve } from './joined.ts';

/**
 * A SELECT over a join that is one relation: its columns under that relation's names, its
 * projections one by one, named as the SELECT's are.
 */
export function flatSelect(select: Tree, joined: Joined, columns: readonly StateColumn[]): Tree {
  const projections = treesOf(select['select_list']).flatMap((one) => expanded(one, joined));
  if (projections.length !== columns.length) refuseStar(select['select_list']);
  const isAlias = aliasesOf(select, projections);
  const column = (path: readonly string[]): Tree | undefined => resolve(path, joined);
  const plain = (node: Tree): Tree => mapColumns(node, column);
  const outer = (node: Tree): Tree =>
    mapColumns(
      node,
      (path) => (isAlias(path) ? undefined : column(path)),
      (one) => (isAggregateCall(one) ? plain(one) : undefined),
    );
  const optional = (node: unknown, map: (tree: Tree) => Tree): unknown =>
    isTree(node) ? map(node) : node;
  return {
    ...select,
    from_table: joined.tree,
    select_list: projections.map((one, index) => named(outer(one), columns[index]?.name ?? '')),
    where_clause: optional(select['where_clause'], plain),
    group_expressions: treesOf(select['group_expressions']).map(plain),
    having: optional(select['having'], outer),
    qualify: optional(select['qualify'], outer),
    modifiers: treesOf(select['modifiers']).map((one) =>
      mapColumns(one, (path) => {
        const isOwn = path.length === 1 && byAlias(path[0] ?? '', projections) !== undefined;
        return isOwn ? undefined : column(path);
      }),
    ),
  };
}

/** All that it names, in lower case; undefined where a star or a whole row may be anything. */
export function namesUsed(select: Tree): ReadonlySet<string> | undefined {
  if (findExpression(select['select_list'], isStar) !== undefined) return undefined;
  const names = new Set<string>();
  const tables = tablesOf(select['from_table']);
  let isAny = false;
  findExpression(select, (node) => {
    const path = pathOf(node) ?? [];
    for (const name of path) names.add(name.toLowerCase());
    isAny ||= path.length === 1 && tables.has(path[0]?.toLowerCase() ?? '');
    return false;
  });
  if (isAny) return undefined;
  addUsing(select['from_table'], names);
  return names;
}

function tablesOf(table: unknown): ReadonlySet<string> {
  if (!isTree(table)) return new Set();
  const name = textOf(table['alias']) || textOf(table['table_name']);
  return new Set([name.toLowerCase(), ...tablesOf(table['left']), ...tablesOf(table['right'])]);
}

function addUsing(table: unknown, names: Set<string>): void {
  if (!isTree(table)) return;
  for (const name of textsOf(table['using_columns'])) names.add(name.toLowerCase());
  addUsing(table['left'], names);
  addUsing(table['right'], names);
}

/** Where rows are grouped, an alias comes before a column that is no group. */
function aliasesOf(
  select: Tree,
  projections: readonly Tree[],
): (path: readonly string[]) => boolean {
  if (!isGrouped(select)) return () => false;
  const groups = treesOf(select['group_expressions']).map((one) => pathOf(one)?.at(-1) ?? '');
  return ([name = '', ...more]) =>
    more.length === 0 &&
    byAlias(name, projections) !== undefined &&
    !groups.some((group) => isSameName(group, name));
}

/** A projection that isn't a star is itself. */
function expanded(projection: Tree, joined: Joined): readonly Tree[] {
  if (!isStar(projection)) {
    const star = findExpression(projection, isStar);
    return star === undefined ? [projection] : refuseStar(star);
  }
  const { columns, rename_list, qualified_exclude_list } = projection;
  const isOdd = [rename_list, qualified_exclude_list].some((list) => treesOf(list).length > 0);
  if (columns === true || isTree(projection['expr']) || isOdd) refuseStar(projection);
  const excluded = textsOf(projection['exclude_list']);
  const replaced = treesOf(projection['replace_list']);
  return starColumns(textOf(projection['relation_name']), joined).flatMap((ref) => {
    const name = pathOf(ref)?.at(-1) ?? '';
    if (excluded.some((one) => isSameName(one, name))) return [];
    const value = replaced.find((one) => isSameName(textOf(one['key']), name))?.['value'];
    return [isTree(value) ? value : ref];
  });
}

function starColumns(relationName: string, { leaves, merged }: Joined): readonly Tree[] {
  const isAll = relationName === '';
  const seen = new Set<string>();
  return leaves
    .filter(({ alias }) => isAll || isSameName(alias, relationName))
    .flatMap(({ alias, columns }: Leaf) =>
      columns.flatMap(({ name }) => {
        const key = name.toLowerCase();
        if (!isAll || !merged.has(key)) return [columnRef(alias, name)];
        if (seen.has(key)) return [];
        seen.add(key);
        return [columnRef(name)];
      }),
    );
}

function refuseStar(at: unknown): never {
  const message = 'This form of * cannot run over a join of streams.';
  refuse(message, 'Name its columns one by one.', at);
}
