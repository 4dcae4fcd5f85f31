import { isTree, textOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import type { Compilation, Scope } from '../context.ts';
import type { LookupRelation } from '../../lookup/lookup-relations.ts';
import type { Relation } from '../relation.ts';
import { stateColumn } from '../tree-engine.ts';

type Place = {
  readonly scope: Scope;
  readonly label: string | undefined;
  readonly name: string | undefined;
};

/** Does it read tables, and of them lookup tables alone? */
export function readsLookups(value: unknown, scope: Scope): boolean {
  const tables = tablesIn(value);
  return tables.length > 0 && tables.every((name) => relationOf(name, scope)?.rows === 'lookup');
}

/** The lookup tables that it reads. */
export function lookupsIn(value: unknown, scope: Scope): readonly Relation[] {
  const found = tablesIn(value).flatMap((name) => relationOf(name, scope) ?? []);
  return [...new Set(found)].filter(({ rows }) => rows === 'lookup');
}

/** With its tables' names as the dataflow has them. */
export function overLookups(node: Tree, scope: Scope): Tree {
  const own = new Set(ctesIn(node));
  return mapTrees(node, (one) => {
    if (one['type'] !== 'BASE_TABLE') return one;
    const name = textOf(one['table_name']);
    const relation = own.has(name.toLowerCase()) ? undefined : relationOf(name, scope);
    if (relation === undefined) return one;
    return { ...one, table_name: relation.name, alias: textOf(one['alias']) || name };
  });
}

/** A query of lookup tables alone: any SQL, of one version of each, asked whenever it is read. */
export async function compileLookupQuery(
  query: Tree,
  place: Place,
  compilation: Compilation,
): Promise<Relation> {
  const { scope, label, name } = place;
  const reads = lookupsIn(query, scope);
  const text = await compilation.engine.print(overLookups(query, scope));
  const columns = await compilation.engine.describe(text, reads);
  const relation = { rows: 'lookup', windowParts: new Map(), shape: undefined } as const;
  return await compilation.addSelect({ ...relation, text, reads, label, columns }, name);
}

/** A lookup table itself, as the SELECTs see it. */
export function lookupRelation({ name, columns }: LookupRelation): Relation {
  return {
    name,
    rows: 'lookup',
    columns: columns.map(stateColumn),
    windowParts: new Map(),
    shape: undefined,
  };
}

function relationOf(name: string, scope: Scope): Relation | undefined {
  return scope.get(name.toLowerCase());
}

/** Names of the tables in it, but for its own CTEs. */
function tablesIn(value: unknown): readonly string[] {
  const own = new Set(ctesIn(value));
  const names: string[] = [];
  visitTrees(value, (one) => {
    if (one['type'] === 'BASE_TABLE') names.push(textOf(one['table_name']));
  });
  return names.filter((name) => !own.has(name.toLowerCase()));
}

function ctesIn(value: unknown): readonly string[] {
  const names: string[] = [];
  visitTrees(value, (one) => {
    if (!isTree(one['cte_map'])) return;
    for (const { key } of treesOf(one['cte_map']['map'])) names.push(textOf(key).toLowerCase());
  });
  return names;
}

/** Every node in it, tables as well as expressions. */
export function visitTrees(value: unknown, visit: (node: Tree) => void): void {
  if (Array.isArray(value)) for (const one of value) visitTrees(one, visit);
  if (!isTree(value)) return;
  visit(value);
  if (value['class'] !== 'CONSTANT') visitTrees(Object.values(value), visit);
}

function mapTrees(node: Tree, edit: (node: Tree) => Tree): Tree {
  const part = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(part);
    return isTree(value) ? mapTrees(value, edit) : value;
  };
  if (node['class'] === 'CONSTANT') return node;
  const inside = Object.entries(node).map(([key, value]) => [key, part(value)] as const);
  return edit(Object.fromEntries(inside));
}
