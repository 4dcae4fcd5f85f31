import { isTree, textOf, textsOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import type { DataflowNode, RelationSql, UpdatingNode } from '../dataflow/dataflow.ts';
import type { TreeEngine } from '../dataflow/tree-engine.ts';

/**
 * Which columns of an updating node a column is: one as it is, or the first of several that isn't
 * NULL. Empty: something else.
 */
type Origin = readonly string[];

/** The columns of a relation that is made, row by row, of what an updating node gives. */
type Traced = {
  readonly node: UpdatingNode;
  readonly columns: readonly { readonly name: string; readonly origin: Origin }[];
};

/** What is needed to follow columns. */
type Tracing = { readonly nodes: readonly DataflowNode[]; readonly engine: TreeEngine };

/**
 * The columns of an output's rows by whose values it is known which rows change together: all rows
 * with equal ones are of one key of the updating node that they come from. Undefined where the
 * columns don't tell that.
 */
export async function rowKeys(
  sql: RelationSql,
  tracing: Tracing,
): Promise<readonly string[] | undefined> {
  const traced = await traceQuery(await tracing.engine.parse(sql.text), tracing);
  if (traced === undefined) return undefined;
  const keys = new Set<string>();
  for (const ways of await waysToTell(traced.node, tracing.engine)) {
    const way = ways.map((columns) => namesOf(columns, traced)).find((one) => one !== undefined);
    if (way === undefined) return undefined;
    for (const name of way) keys.add(name);
  }
  return [...keys];
}

/** The columns that are these of the node, or of which one is all of them; undefined: not all. */
function namesOf(wanted: Origin, { columns }: Traced): readonly string[] | undefined {
  const whole = columns.find(({ origin }) => JSON.stringify(origin) === JSON.stringify(wanted));
  if (whole !== undefined) return [whole.name];
  const names = wanted.map(
    (one) => columns.find(({ origin }) => origin.length === 1 && origin[0] === one)?.name,
  );
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? known : undefined;
}

async function traceQuery(query: Tree, tracing: Tracing): Promise<Traced | undefined> {
  if (query['type'] !== 'SELECT_NODE') return undefined;
  const from = isTree(query['from_table']) ? query['from_table'] : {};
  const inner = await traceTable(from, tracing);
  if (inner === undefined) return undefined;
  const names = [textOf(from['alias']), textOf(from['table_name'])];
  const columns = treesOf(query['select_list']).flatMap((item) => {
    if (item['class'] === 'STAR') return starColumns(item, inner);
    const path = textsOf(item['column_names']);
    const name = textOf(item['alias']) || (path.at(-1) ?? '');
    return [{ name, origin: originOf(item, inner, names) }];
  });
  return { node: inner.node, columns };
}

async function traceTable(table: Tree, tracing: Tracing): Promise<Traced | undefined> {
  const found = await traceUnnamed(table, tracing);
  const aliases = textsOf(table['column_name_alias']);
  if (found === undefined || aliases.length === 0) return found;
  const columns = found.columns.map(({ name, origin }, place) => ({
    name: aliases[place] ?? name,
    origin,
  }));
  return { node: found.node, columns };
}

async function traceUnnamed(table: Tree, tracing: Tracing): Promise<Traced | undefined> {
  if (table['type'] === 'SUBQUERY') {
    const { subquery } = table;
    const query = isTree(subquery) ? subquery['node'] : undefined;
    return isTree(query) ? await traceQuery(query, tracing) : undefined;
  }
  if (table['type'] !== 'BASE_TABLE') return undefined;
  const wanted = textOf(table['table_name']).toLowerCase();
  const node = tracing.nodes.find(({ name }) => name.toLowerCase() === wanted);
  if (node?.kind === 'select') {
    return await traceQuery(await tracing.engine.parse(node.sql.text), tracing);
  }
  if (node?.kind !== 'updating') return undefined;
  return { node, columns: node.columns.map(({ name }) => ({ name, origin: [name] })) };
}

function starColumns(star: Tree, { columns }: Traced): Traced['columns'] {
  const left = new Set(textsOf(star['exclude_list']).map((name) => name.toLowerCase()));
  const isPlain =
    star['columns'] !== true &&
    [star['replace_list'], star['rename_list']].every((list) => treesOf(list).length === 0);
  if (!isPlain) return [];
  return columns.filter(({ name }) => !left.has(name.toLowerCase()));
}

function originOf(item: Tree, inner: Traced, tables: readonly string[]): Origin {
  if (item['type'] === 'OPERATOR_COALESCE') {
    const parts = treesOf(item['children']).map((child) => originOf(child, inner, tables));
    return parts.every((part) => part.length === 1) ? parts.flat() : [];
  }
  const path = textsOf(item['column_names']);
  const isOfTable = path.length === 1 || (path.length === 2 && tables.includes(path[0] ?? ''));
  if (item['class'] !== 'COLUMN_REF' || !isOfTable) return [];
  const wanted = (path.at(-1) ?? '').toLowerCase();
  return inner.columns.find(({ name }) => name.toLowerCase() === wanted)?.origin ?? [];
}

/**
 * Of each key of a node, the lists of its columns by any of which the key's value is known.
 */
async function waysToTell(
  node: UpdatingNode,
  engine: TreeEngine,
): Promise<readonly (readonly Origin[])[]> {
  const result = await engine.parse(node.result.text);
  const from = isTree(result['from_table']) ? result['from_table'] : {};
  const own = node.resultKeys.map((key) => [[key], ...equalColumns(node, result, key)]);
  if (from['type'] !== 'JOIN') return own;
  const sides = await Promise.all(
    node.inputs.map(async (input, side) => {
      return await keptColumns(await engine.parse(input.intake.text), node, { result, side });
    }),
  );
  const joinType = textOf(from['join_type']);
  return own.map((ways, place) => {
    const left = sides[0]?.[place] ?? [];
    const right = sides[1]?.[place] ?? [];
    if (joinType === 'INNER') return [...ways, ...left, ...right];
    if (joinType === 'RIGHT') return [...ways, ...right];
    if (joinType !== 'FULL') return [...ways, ...left];
    return [...ways, ...left.flatMap((one) => right.map((other) => [...one, ...other]))];
  });
}

/** Other columns of the result that are the same expression as this one. */
function equalColumns(node: UpdatingNode, result: Tree, key: string): readonly Origin[] {
  const items = treesOf(result['select_list']);
  if (items.length !== node.columns.length) return [];
  const texts = items.map(expressionText);
  const place = node.columns.findIndex(({ name }) => name === key);
  return node.columns.flatMap(({ name }, index) =>
    index !== place && texts[index] === texts[place] ? [[name]] : [],
  );
}

/** Of each key of one side of a join, the node's columns that hold what that side keeps as key. */
async function keptColumns(
  intake: Tree,
  node: UpdatingNode,
  { result, side }: { readonly result: Tree; readonly side: number },
): Promise<readonly (readonly Origin[])[]> {
  const items = treesOf(innermost(intake)['select_list']);
  const names = (node.inputs[side]?.values ?? []).map(({ name }) => name);
  return (node.inputs[side]?.keys ?? []).map((key) => {
    const [text] = items
      .filter(({ alias }) => alias === key.name)
      .map(withoutCasts)
      .map(expressionText);
    const same = items.filter(
      (item) => names.includes(textOf(item['alias'])) && expressionText(item) === text,
    );
    const given = treesOf(result['select_list']).map((item) => textsOf(item['column_names']));
    return same.flatMap((item) => {
      const path = [side === 0 ? '__l' : '__r', textOf(item['alias'])].join('.');
      const place = given.findIndex((one) => one.join('.') === path);
      const name = node.columns[place]?.name;
      return name === undefined ? [] : [[name]];
    });
  });
}

/** Keys of both sides are of one type. A cast of a column is known where the column is. */
function withoutCasts(item: Tree): Tree {
  return item['class'] === 'CAST' && isTree(item['child']) ? withoutCasts(item['child']) : item;
}

/** `SELECT * FROM (…)` gives what is in it. */
function innermost(query: Tree): Tree {
  const from = isTree(query['from_table']) ? query['from_table'] : {};
  const { subquery } = from;
  const inner = isTree(subquery) ? subquery['node'] : undefined;
  const isAll = treesOf(query['select_list']).every((item) => item['class'] === 'STAR');
  return isAll && isTree(inner) ? innermost(inner) : query;
}

/** An expression without its name and place. */
function expressionText(item: Tree): string {
  return JSON.stringify({ ...item, alias: '' }, (key, value: unknown) =>
    key === 'query_location' ? undefined : value,
  );
}
