import { assert } from '../../base/assert.ts';
import { baseTable, coalesce, columnRef, selectNode, starOf } from '../../sql/tree/make-tree.ts';
import { isTree, textOf, textsOf, type Tree } from '../../sql/tree/tree.ts';
import type { Leaf } from './columns.ts';
import type { Compilation, Scope } from './context.ts';
import type { RowKind, WindowShape } from './dataflow.ts';
import { checkRowJoin, checkWindowJoin, conjunctsOf, isWindowJoin } from './join/check-join.ts';
import { type Joined, relationsOf, resolved } from './join/joined.ts';
import { compileStreamJoin } from './join/stream-join.ts';
import { checkLookupJoin, isLookupSide, lookupSide } from './lookup/lookup-join.ts';
import { lookupsIn, overLookups, readsLookups } from './lookup/lookup-query.ts';
import { ReadsRefused, refuse } from './refusal.ts';
import { commonShape, type Relation, rowsOf } from './relation.ts';

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
  /** Where streams are joined: what the names that the SELECT has for them stand for. */
  readonly joined: Joined | undefined;
};

export type CompileQuery = (query: Tree, scope: Scope, label: string) => Promise<Relation>;

export type FromTools = {
  readonly compilation: Compilation;
  readonly scope: Scope;
  readonly compileQuery: CompileQuery;
  /** All names in the SELECT, in lower case; undefined: it may name any column. */
  readonly used: ReadonlySet<string> | undefined;
};

/** What a FROM reads; subqueries in it become nodes of their own. */
export async function compileFrom(table: Tree, where: unknown, tools: FromTools): Promise<From> {
  const compiled = await new FromCompiler(tools).table(table, conjunctsOf(where));
  const joined = await describeRowTables(compiled, tools);
  const leaves = joined.flat;
  const read = leaves.filter(({ relation }) => relation !== undefined);
  const reads = read.flatMap(({ relation }) => relation ?? []);
  if (reads.length === 0) {
    const hint = 'Read the stream in FROM, and ask for what is in the table: … IN (SELECT …).';
    refuse('This SELECT has no stream in its FROM.', hint, table);
  }
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
    joined: joined.leaves.some(({ refs }) => refs !== undefined) ? joined : undefined,
  };
}

class FromCompiler {
  readonly #tools: FromTools;
  /** Subqueries without an alias so far. */
  #unnamed = 0;

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
        return joinedOf(table, []);
      default:
        return joinedOf(table, [leafOf(table, undefined)]);
    }
  }

  #baseTable(table: Tree): Joined {
    const name = textOf(table['table_name']);
    const relation = this.#tools.scope.get(name.toLowerCase());
    if (relation === undefined) throw new ReadsRefused(`The relation ${name} is not compiled.`);
    const alias = textOf(table['alias']) || name;
    const tree = { ...table, table_name: relation.name, alias };
    if (relation.rows === 'lookup') return lookupSide(tree, lookupLeaf(tree, relation), [relation]);
    return joinedOf(tree, [leafOf(tree, relation)]);
  }

  async #subquery(table: Tree): Promise<Joined> {
    const statement = table['subquery'];
    const query = isTree(statement) ? statement['node'] : undefined;
    if (!isTree(query) || !readsRelation(query)) {
      return joinedOf(table, [leafOf(table, undefined)]);
    }
    const alias = textOf(table['alias']) || this.#newAlias();
    if (readsLookups(query, this.#tools.scope)) {
      const tree = { ...overLookups(table, this.#tools.scope), alias };
      const reads = lookupsIn(query, this.#tools.scope);
      return lookupSide(tree, leafOf(tree, undefined), reads);
    }
    const relation = await this.#tools.compileQuery(query, this.#tools.scope, alias);
    const columns = table['column_name_alias'];
    const tree = { ...baseTable(relation.name, alias), column_name_alias: columns };
    return joinedOf(tree, [leafOf(tree, relation)]);
  }

  /** As DuckDB calls them. */
  #newAlias(): string {
    this.#unnamed++;
    return `unnamed_subquery${this.#unnamed === 1 ? '' : this.#unnamed}`;
  }

  async #join(written: Tree, conditions: readonly Tree[]): Promise<Joined> {
    const { left, right } = written;
    assert(isTree(left) && isTree(right), 'A join has two sides.');
    const joinType = textOf(written['join_type']);
    const isInner = joinType === 'INNER';
    const isLeftOnly = joinType === 'SEMI' || joinType === 'ANTI';
    const before = await this.table(left, isInner || isLeftOnly ? conditions : []);
    const after = await this.table(right, isInner ? conditions : []);
    const table =
      textOf(written['ref_type']) === 'NATURAL' ? usingCommon(written, before, after) : written;
    if (isLookupSide(before) || isLookupSide(after)) {
      checkLookupJoin(table, before, after);
      return together(table, before, after);
    }
    if (relationsOf(before).length === 0 || relationsOf(after).length === 0) {
      checkRowJoin(table);
      return together(table, before, after);
    }
    const own = conjunctsOf(table['condition']);
    const where = isInner ? conditions : [];
    if (isWindowJoin(before, after)) {
      checkWindowJoin(table, [before, after], [...own, ...where]);
      return together(table, before, after);
    }
    const sides = {
      left: await describeRowTables(before, this.#tools),
      right: await describeRowTables(after, this.#tools),
    };
    return await compileStreamJoin({ table, ...sides, own, where }, this.#tools);
  }
}

/** A NATURAL join as one of USING; as it is where not all columns are known by their names. */
function usingCommon(table: Tree, left: Joined, right: Joined): Tree {
  const namesOf = ({ leaves }: Joined): readonly string[] =>
    leaves.flatMap(({ columns }) => columns.map(({ name }) => name.toLowerCase()));
  const isKnown = [...left.leaves, ...right.leaves].every(({ columns }) => columns.length > 0);
  const others = new Set(namesOf(right));
  const common = [...new Set(namesOf(left))].filter((name) => others.has(name));
  return isKnown ? { ...table, ref_type: 'REGULAR', using_columns: common } : table;
}

/** A join that each epoch's rows go through by themselves. */
function together(table: Tree, left: Joined, right: Joined): Joined {
  const condition = table['condition'];
  const tree = {
    ...table,
    left: left.tree,
    // A list that is unnested may be of a join of streams.
    right: isLookupSide(right) ? right.tree : resolved(right.tree, left),
    condition: isTree(condition) ? resolved(resolved(condition, left), right) : condition,
  };
  const written = {
    tree: { ...table, left: left.written.tree, right: right.written.tree },
    reads: [...left.written.reads, ...right.written.reads],
  };
  const joinType = textOf(table['join_type']);
  const hidden = [...left.hidden, ...right.hidden];
  if (joinType === 'SEMI' || joinType === 'ANTI') {
    return { ...left, tree, hidden: [...hidden, ...relationsOf(right)], written };
  }
  const using = textsOf(table['using_columns']).map((name) => {
    return [name.toLowerCase(), columnRef(name)] as const;
  });
  const names = new Set(using.map(([name]) => name));
  const optional = (leaves: readonly Leaf[], kinds: readonly string[]): readonly Leaf[] =>
    kinds.includes(joinType)
      ? leaves.map((leaf) => ({ ...leaf, isOptional: { but: names } }))
      : leaves;
  const isOptional = { left: ['RIGHT', 'FULL', 'OUTER'], right: ['LEFT', 'FULL', 'OUTER'] };
  return {
    tree,
    leaves: [
      ...optional(left.leaves, isOptional.left),
      ...optional(right.leaves, isOptional.right),
    ],
    flat: [...optional(left.flat, isOptional.left), ...optional(right.flat, isOptional.right)],
    hidden,
    merged: new Map([...left.merged, ...right.merged, ...using]),
    written,
  };
}

function joinedOf(tree: Tree, leaves: readonly Leaf[]): Joined {
  const reads = leaves.flatMap(({ relation }) => relation ?? []);
  return { tree, leaves, flat: leaves, hidden: [], merged: new Map(), written: { tree, reads } };
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

/** A lookup table's: its columns are known, and there is no relation whose rows it has. */
function lookupLeaf(tree: Tree, relation: Relation): Leaf {
  return { ...leafOf(tree, relation), relation: undefined };
}

/** With the columns of `unnest(…) AS u(x)` and the like, as DuckDB sees them. */
async function describeRowTables(joined: Joined, { compilation }: FromTools): Promise<Joined> {
  const described = new Map<Leaf, Leaf>();
  for (const leaf of joined.flat) {
    if (leaf.relation !== undefined || leaf.alias === '' || leaf.columns.length > 0) continue;
    const select = selectNode({ select_list: [starOf(leaf.alias)], from_table: joined.tree });
    const text = await compilation.engine.print(select);
    const columns = await compilation.engine.describe(text, [
      ...relationsOf(joined),
      ...joined.hidden,
    ]);
    described.set(leaf, { ...leaf, columns });
  }
  const known = (leaf: Leaf): Leaf => described.get(leaf) ?? leaf;
  return { ...joined, leaves: joined.leaves.map(known), flat: joined.flat.map(known) };
}

/** Does anything in it name a table? */
function readsRelation(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(readsRelation);
  if (!isTree(value)) return false;
  return value['type'] === 'BASE_TABLE' || Object.values(value).some(readsRelation);
}
