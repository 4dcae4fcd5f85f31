import { assert } from '../../base/assert.ts';
import { baseTable, coalesce, columnRef, selectNode } from '../../sql/tree/make-tree.ts';
import { isExpression, isTree, textOf, textsOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import { type Leaf, windowPartOf } from './columns.ts';
import type { Compilation, Scope } from './context.ts';
import type { RowKind, WindowShape } from './dataflow.ts';
import { refuse } from './refusal.ts';
import { commonShape, type Relation, rowsOf, sameShape, tellsWindow } from './relation.ts';

/** A FROM whose tables are relations of the dataflow. */
export type From = {
  readonly tree: Tree;
  readonly leaves: readonly Leaf[];
  readonly rows: RowKind;
  /** Of each row: expressions over the leaves. Of changes, their weight. */
  readonly time: Tree;
  readonly window: Tree | undefined;
  readonly shape: WindowShape | undefined;
  readonly reads: readonly Relation[];
};

export type CompileQuery = (query: Tree, scope: Scope, label: string) => Promise<Relation>;

export type FromTools = {
  readonly compilation: Compilation;
  readonly scope: Scope;
  readonly compileQuery: CompileQuery;
};

/** What a FROM reads; subqueries in it become nodes of their own. */
export async function compileFrom(table: Tree, where: unknown, tools: FromTools): Promise<From> {
  const joined = await new FromCompiler(tools).table(table, conjunctsOf(where));
  const leaves = await describeRowTables(joined, tools);
  const read = leaves.filter(({ relation }) => relation !== undefined);
  const reads = read.flatMap(({ relation }) => relation ?? []);
  const rows = rowsOf(reads);
  const column = (name: string): Tree => {
    const refs = read.map(({ alias }) => columnRef(alias, name));
    const [only, second] = refs;
    assert(only !== undefined, 'A SELECT without a relation was let through.');
    return second === undefined ? only : coalesce(refs);
  };
  return {
    tree: joined.tree,
    leaves,
    rows,
    time: column(rows === 'changes' ? '__weight' : '__time'),
    window: rows === 'windows' ? column('__window') : undefined,
    shape: commonShape(reads),
    reads: [...reads, ...joined.hidden],
  };
}

type Joined = {
  readonly tree: Tree;
  readonly leaves: readonly Leaf[];
  /** Relations that are read, and whose columns can't be named: right sides of SEMI and ANTI. */
  readonly hidden: readonly Relation[];
};

class FromCompiler {
  readonly #tools: FromTools;

  constructor(tools: FromTools) {
    this.#tools = tools;
  }

  async table(table: Tree, conditions: readonly Tree[]): Promise<Joined> {
    switch (table['type']) {
      case 'BASE_TABLE':
        return this.#baseTable(table);
      case 'SUBQUERY':
        return await this.#subquery(table);
      case 'JOIN':
        return await this.#join(table, conditions);
      case 'EMPTY':
        return { tree: table, leaves: [], hidden: [] };
      default:
        return { tree: table, leaves: [leafOf(table, undefined)], hidden: [] };
    }
  }

  #baseTable(table: Tree): Joined {
    const name = textOf(table['table_name']);
    const relation = this.#tools.scope.get(name.toLowerCase());
    assert(relation !== undefined, `The relation ${name} is not compiled yet.`);
    const alias = textOf(table['alias']) || name;
    const tree = { ...table, table_name: relation.name, alias };
    return { tree, leaves: [leafOf(tree, relation)], hidden: [] };
  }

  async #subquery(table: Tree): Promise<Joined> {
    const statement = table['subquery'];
    const query = isTree(statement) ? statement['node'] : undefined;
    if (!isTree(query) || !readsRelation(query)) {
      return { tree: table, leaves: [leafOf(table, undefined)], hidden: [] };
    }
    const alias = textOf(table['alias']) || 'unnamed_subquery';
    const relation = await this.#tools.compileQuery(query, this.#tools.scope, alias);
    const columns = table['column_name_alias'];
    const tree = { ...baseTable(relation.name, alias), column_name_alias: columns };
    return { tree, leaves: [leafOf(tree, relation)], hidden: [] };
  }

  async #join(table: Tree, conditions: readonly Tree[]): Promise<Joined> {
    const { left, right } = table;
    assert(isTree(left) && isTree(right), 'A join has two sides.');
    const joinType = textOf(table['join_type']);
    const isInner = joinType === 'INNER';
    const before = await this.table(left, isInner ? conditions : []);
    const after = await this.table(right, isInner ? conditions : []);
    const own = [...conjunctsOf(table['condition']), ...(isInner ? conditions : [])];
    checkJoin(table, [before, after], own);
    const tree = { ...table, left: before.tree, right: after.tree };
    const isHidden = joinType === 'SEMI' || joinType === 'ANTI';
    const hidden = [...before.hidden, ...after.hidden];
    return isHidden
      ? { tree, leaves: before.leaves, hidden: [...hidden, ...relationsOf(after)] }
      : { tree, leaves: [...before.leaves, ...after.leaves], hidden };
  }
}

function relationsOf({ leaves }: Joined): readonly Relation[] {
  return leaves.flatMap(({ relation }) => relation ?? []);
}

/** Only rows of equal windows may meet: those come in the same epoch, and nothing is kept. */
function checkJoin(
  table: Tree,
  [left, right]: readonly [Joined, Joined],
  conditions: readonly Tree[],
): void {
  const reads = [...relationsOf(left), ...relationsOf(right)];
  if (relationsOf(left).length === 0 || relationsOf(right).length === 0) {
    checkRowJoin(table);
    return;
  }
  if (reads.some(({ rows }) => rows !== 'windows')) {
    const hint =
      'Put both sides into windows, and join those: … ON a.window = b.window AND a.id = b.id.';
    refuse('Joins of streams need windows: their rows would wait for ever.', hint, table);
  }
  const using = textsOf(table['using_columns']);
  const equalities = [
    ...using.map((name) => [columnRef(name), columnRef(name)] as const),
    ...conditions.flatMap(equalityOf),
  ];
  const refType = textOf(table['ref_type']);
  const joins = equalities.some(
    ([one, other]) =>
      joinsWindows(one, other, left, right) || joinsWindows(other, one, left, right),
  );
  if (joins && (refType === 'REGULAR' || refType === 'CROSS')) return;
  const hint = 'Add the equality of both windows: … ON a.window = b.window AND ….';
  refuse('A join of windows needs them to be equal.', hint, table['condition'] ?? table);
}

/** Unnesting a row's own lists is no join, whatever its syntax. */
function checkRowJoin(table: Tree): void {
  const isPerRow =
    ['INNER', 'LEFT'].includes(textOf(table['join_type'])) &&
    ['REGULAR', 'CROSS', 'DEPENDENT'].includes(textOf(table['ref_type']));
  if (isPerRow) return;
  refuse("A row's own list can be joined as CROSS JOIN, JOIN or LEFT JOIN.", undefined, table);
}

function joinsWindows(one: Tree, other: Tree, left: Joined, right: Joined): boolean {
  const part = windowPartOf(one, left.leaves);
  if (part === undefined || part !== windowPartOf(other, right.leaves)) return false;
  const shape = sameShape(relationsOf(left)[0]?.shape, relationsOf(right)[0]?.shape);
  return tellsWindow(part, shape);
}

function equalityOf(condition: Tree): readonly (readonly [Tree, Tree])[] {
  const { left, right } = condition;
  const isEquality = ['COMPARE_EQUAL', 'COMPARE_NOT_DISTINCT_FROM'].includes(
    textOf(condition['type']),
  );
  return isEquality && isExpression(left) && isExpression(right) ? [[left, right]] : [];
}

function conjunctsOf(condition: unknown): readonly Tree[] {
  if (!isExpression(condition)) return [];
  return condition['type'] === 'CONJUNCTION_AND'
    ? treesOf(condition['children']).flatMap(conjunctsOf)
    : [condition];
}

function leafOf(table: Tree, relation: Relation | undefined): Leaf {
  const aliases = textsOf(table['column_name_alias']);
  const columns = (relation?.columns ?? []).map((column, index) => ({
    ...column,
    name: aliases[index] ?? column.name,
  }));
  const call = isTree(table['function']) ? textOf(table['function']['function_name']) : '';
  const alias = textOf(table['alias']) || call;
  return { alias, columns, relation };
}

/** The columns of `unnest(…) AS u(x)` and the like, as DuckDB sees them. */
async function describeRowTables(
  joined: Joined,
  { compilation }: FromTools,
): Promise<readonly Leaf[]> {
  const leaves: Leaf[] = [];
  for (const leaf of joined.leaves) {
    if (leaf.relation !== undefined || leaf.alias === '') {
      leaves.push(leaf);
      continue;
    }
    const select = selectNode({ select_list: [starOf(leaf.alias)], from_table: joined.tree });
    const text = await compilation.engine.print(select);
    const columns = await compilation.engine.describe(text, [
      ...joined.leaves.flatMap(({ relation }) => relation ?? []),
      ...joined.hidden,
    ]);
    leaves.push({ ...leaf, columns });
  }
  return leaves;
}

function starOf(relation: string): Tree {
  return {
    class: 'STAR',
    type: 'STAR',
    alias: '',
    relation_name: relation,
    exclude_list: [],
    replace_list: [],
    columns: false,
    expr: null,
    qualified_exclude_list: [],
    rename_list: [],
  };
}

/** Does anything in it name a table? */
function readsRelation(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(readsRelation);
  if (!isTree(value)) return false;
  return value['type'] === 'BASE_TABLE' || Object.values(value).some(readsRelation);
}
