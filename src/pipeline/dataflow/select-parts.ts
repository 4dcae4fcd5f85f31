import {
  findExpression,
  isExpression,
  isTree,
  mapExpression,
  mapInside,
  sameTree,
  textOf,
  textsOf,
  type Tree,
  treesOf,
} from '../../sql/tree/tree.ts';
import { aggregates } from '../plan/aggregates.ts';
import { aggregateMacros } from '../../sql/stateless.ts';
import { findColumn, isSameName, type Leaf, mapColumns, pathOf, windowPartOf } from './columns.ts';
import type { Compilation } from './context.ts';
import type { From } from './from.ts';
import { columnRef, functionCall, named, selectNode, starOf } from '../../sql/tree/make-tree.ts';
import { refuse } from './refusal.ts';
import { hiddenNames, type WindowPart } from './relation.ts';
import type { TreeEngine } from './tree-engine.ts';

/** Expressions of a SELECT but for its WHERE and FROM. */
export function outerExpressions(select: Tree): readonly unknown[] {
  const { select_list, group_expressions, having, qualify, modifiers } = select;
  return [select_list, group_expressions, having, qualify, modifiers];
}

export function isAggregateCall(node: Tree): boolean {
  const name = textOf(node['function_name']).toLowerCase();
  const isFunction = node['class'] === 'FUNCTION' && node['is_operator'] !== true;
  return isFunction && (aggregates.has(name) || aggregateMacros.has(name));
}

export function isWindowCall(node: Tree): boolean {
  const name = textOf(node['function_name']).toLowerCase();
  return node['class'] === 'FUNCTION' && ['tumble', 'hop', 'session'].includes(name);
}

export function isWindowFunction(node: Tree): boolean {
  return node['class'] === 'WINDOW';
}

/** GROUP BY in any form, or aggregates without one. */
export function isGrouped(select: Tree): boolean {
  return (
    treesOf(select['group_expressions']).length > 0 ||
    treesOf(select['group_sets']).length > 0 ||
    isGroupByAll(select) ||
    select['having'] !== null ||
    findExpression(
      withoutSubqueries([select['select_list'], select['qualify']]),
      isAggregateCall,
    ) !== undefined
  );
}

/** What is asked in a subquery is its own. */
function withoutSubqueries(values: readonly unknown[]): Tree {
  return mapInside({ values }, (node) =>
    node['class'] === 'SUBQUERY' ? { ...node, subquery: null } : undefined,
  );
}

export function isGroupByAll(select: Tree): boolean {
  return select['aggregate_handling'] === 'FORCE_AGGREGATES';
}

export function isStar(node: Tree): boolean {
  return node['class'] === 'STAR';
}

/** Stars that leave the hidden columns out. */
export function withoutHidden(node: Tree, from: From): Tree {
  const hide = (one: Tree): Tree | undefined => {
    if (!isStar(one)) return undefined;
    const relationName = textOf(one['relation_name']);
    const leaves = from.leaves.filter(
      ({ alias, relation }) =>
        relation !== undefined && (relationName === '' || isSameName(alias, relationName)),
    );
    const names = new Set(
      leaves.flatMap(({ relation }) => hiddenNames(relation?.rows ?? 'events')),
    );
    const { expr } = one;
    const excluded = { ...one, exclude_list: [...textsOf(one['exclude_list']), ...names] };
    if (!isTree(expr)) return excluded;
    if (textOf(one['alias']).includes('\\')) {
      const message = "Names made of a COLUMNS' regex cannot be given on a stream.";
      refuse(message, 'Name its columns one by one.', one);
    }
    return {
      ...one,
      expr: mapExpression(expr['class'] === 'CONSTANT' ? matching(expr) : expr, hide),
    };
  };
  return mapExpression(node, hide);
}

/** `COLUMNS('regex')` as a filter of the names of a star. */
function matching(regex: Tree): Tree {
  const matches = functionCall('regexp_matches', [columnRef('name'), regex]);
  const lambda = {
    class: 'LAMBDA',
    type: 'LAMBDA',
    alias: '',
    lhs: columnRef('name'),
    expr: matches,
  };
  return functionCall('list_filter', [starOf(''), lambda]);
}

/** A table's own name where a column's could be is its row: without hidden columns. */
export async function withWholeRows(
  select: Tree,
  leaves: readonly Leaf[],
  engine: TreeEngine,
): Promise<Tree> {
  const projections = treesOf(select['select_list']);
  const row = ([name = '', ...more]: readonly string[]): Tree | undefined => {
    const leaf = leaves.find(({ alias }) => isSameName(alias, name));
    if (leaf?.relation === undefined || more.length > 0) return undefined;
    if (findColumn([name], leaves) !== undefined) return undefined;
    const fields = leaf.columns.map((column) =>
      named(columnRef(leaf.alias, column.name), column.name),
    );
    return functionCall('struct_pack', fields);
  };
  // A subquery may call something else by that name.
  const stays = (one: Tree): Tree | undefined => (one['class'] === 'SUBQUERY' ? one : undefined);
  const visible = (path: readonly string[]): Tree | undefined =>
    byAlias(path[0] ?? '', projections) === undefined ? row(path) : undefined;
  const list = (value: unknown): readonly Tree[] =>
    treesOf(value).map((one) => mapColumns(one, visible, stays));
  const { where_clause: where, having, qualify } = select;
  const selected: Tree[] = [];
  for (const one of projections) {
    const made = mapColumns(one, row, stays);
    const isNamed = textOf(one['alias']) !== '' || sameTree(made, one);
    const name = isNamed ? '' : (pathOf(one)?.[0] ?? (await engine.printExpression(one)));
    selected.push(isNamed ? made : named(made, name));
  }
  return {
    ...select,
    select_list: selected,
    where_clause: isTree(where) ? mapColumns(where, row, stays) : where,
    group_expressions: list(select['group_expressions']),
    having: isTree(having) ? mapColumns(having, visible, stays) : having,
    qualify: isTree(qualify) ? mapColumns(qualify, visible, stays) : qualify,
    modifiers: list(select['modifiers']),
  };
}

/** Parts of the window that the columns of a SELECT are, by their places. */
export async function windowPartsOf(
  select: Tree,
  from: From,
  compilation: Compilation,
): Promise<ReadonlyMap<number, WindowPart>> {
  const parts = new Map<number, WindowPart>();
  let index = 0;
  for (const projection of treesOf(select['select_list'])) {
    if (!isStar(projection)) {
      const part = windowPartOf(projection, from.leaves);
      if (part !== undefined) parts.set(index, part);
      index++;
      continue;
    }
    const names = await namesOfStar(projection, from, compilation);
    for (const [place, name] of names.entries()) {
      // Of two of one name the second is another table's.
      const isFirst = names.indexOf(name) === place;
      const part = isFirst ? partOfStar(name, projection, from) : undefined;
      if (part !== undefined) parts.set(index, part);
      index++;
    }
  }
  return parts;
}

async function namesOfStar(
  star: Tree,
  from: From,
  { engine }: Compilation,
): Promise<readonly string[]> {
  const select = selectNode({ select_list: [star], from_table: from.tree });
  const columns = await engine.describe(await engine.print(select), from.reads);
  return columns.map(({ name }) => name);
}

function partOfStar(name: string, star: Tree, from: From): WindowPart | undefined {
  const isOther = [...treesOf(star['replace_list']), ...treesOf(star['rename_list'])].length > 0;
  if (isOther || textOf(star['alias']) !== '') return undefined;
  const relationName = textOf(star['relation_name']);
  const path = relationName === '' ? [name] : [relationName, name];
  return windowPartOf(columnRef(...path), from.leaves);
}

/**
 * What GROUP BY names: projections by their place or alias, or expressions of its own; of GROUP BY
 * ALL, the projections without aggregates.
 */
export function groupsOf(select: Tree, from: From): readonly Tree[] {
  const projections = treesOf(select['select_list']);
  if (isGroupByAll(select)) {
    return projections.filter(
      (one) =>
        findExpression(one, (node) => isAggregateCall(node) || isWindowFunction(node)) ===
        undefined,
    );
  }
  return treesOf(select['group_expressions']).map(
    (group) => namedProjection(group, projections, from) ?? group,
  );
}

/** The projection that an expression means by its place, or by an alias that is no column. */
export function namedProjection(
  node: Tree,
  projections: readonly Tree[],
  from: From,
): Tree | undefined {
  const ordinal = ordinalOf(node);
  if (ordinal !== undefined) return projections[ordinal - 1];
  const path = pathOf(node);
  if (path?.length !== 1 || findColumn(path, from.leaves) !== undefined) return undefined;
  return byAlias(path[0] ?? '', projections);
}

export function byAlias(name: string, projections: readonly Tree[]): Tree | undefined {
  return projections.find((one) => isSameName(textOf(one['alias']), name));
}

export function ordinalOf(node: Tree): number | undefined {
  const value = isTree(node['value']) ? node['value']['value'] : undefined;
  const isConstant = node['class'] === 'CONSTANT' && typeof value === 'number';
  return isConstant && Number.isInteger(value) ? value : undefined;
}

export function optionalExpression(value: unknown): Tree | undefined {
  return isExpression(value) ? value : undefined;
}

/** The sets of GROUP BY, by the places of its expressions. */
export function setsOf(select: Tree): readonly (readonly number[])[] {
  const sets: unknown = select['group_sets'];
  return Array.isArray(sets) ? sets.filter((one): one is number[] => Array.isArray(one)) : [];
}
