import { quoteName } from '../../../engine/types.ts';
import {
  baseTable,
  coalesce,
  columnRef,
  functionCall,
  named,
  selectNode,
} from '../../../sql/tree/make-tree.ts';
import { textOf, textsOf, type Tree } from '../../../sql/tree/tree.ts';
import { mapColumns } from '../columns.ts';
import type { Compilation } from '../context.ts';
import type { StateColumn, UpdatingInput } from '../dataflow.ts';
import { hiddenNames, type Relation } from '../relation.ts';
import {
  type JoinCondition,
  joinCondition,
  type JoinSides,
  type KeyPair,
} from './join-condition.ts';
import { type Joined, resolve } from './joined.ts';
import { isChanging, keptSide, type KeptSide, readOf, sideColumn } from './kept-side.ts';

export type JoinTools = {
  readonly compilation: Compilation;
  /** All names in the SELECT, in lower case; undefined: it may name any column. */
  readonly used: ReadonlySet<string> | undefined;
};

/**
 * A join of relations whose rows may meet at any time: a node that keeps both sides by what has to
 * be equal. An inner join of rows that only come gives rows that only come; others give changes.
 */
export async function compileStreamJoin(join: JoinSides, tools: JoinTools): Promise<Joined> {
  const { table } = join;
  const joinType = textOf(table['join_type']);
  const condition = joinCondition(join);
  const isAppending = joinType === 'INNER' && ![join.left, join.right].some(isChanging);
  const left = keptSide(join.left, 0, tools.used);
  const right = keptSide(join.right, left.columns.length, tools.used);
  const keys = await keyTypes(condition.keys, join, tools.compilation);
  const inputs = [
    await inputOf(left, { keys, place: 0, isAppending, joinType }, tools.compilation),
    await inputOf(right, { keys, place: 1, isAppending, joinType }, tools.compilation),
  ] as const;
  const isHidden = joinType === 'SEMI' || joinType === 'ANTI';
  const given = isHidden ? [left] : [left, right];
  const relation = await addJoin(
    { table, condition, isAppending, inputs, left, right, given },
    tools.compilation,
  );
  const seen = given.map((side) => side.placed(relation.name));
  const [first, second] = seen;
  const leaf = { alias: relation.name, columns: relation.columns, relation };
  return {
    tree: baseTable(relation.name, relation.name),
    leaves: seen.flatMap(({ leaves }) => leaves),
    flat: [leaf],
    hidden: [],
    merged: new Map([
      ...seen.flatMap(({ merged }) => [...merged]),
      ...usingColumns(table, first, second),
    ]),
    written: {
      tree: { ...table, left: join.left.written.tree, right: join.right.written.tree },
      reads: [...join.left.written.reads, ...join.right.written.reads],
    },
  };
}

/** The columns of USING, which have one name: the side's that has a row. */
function usingColumns(
  table: Tree,
  left: Joined | undefined,
  right: Joined | undefined,
): readonly (readonly [string, Tree])[] {
  const joinType = textOf(table['join_type']);
  return textsOf(table['using_columns']).flatMap((name) => {
    const one = left && resolve([name], left);
    const other = right && resolve([name], right);
    const isFull = ['FULL', 'OUTER'].includes(joinType);
    if (isFull && one !== undefined && other !== undefined) {
      return [[name.toLowerCase(), coalesce([one, other])] as const];
    }
    const ref = joinType === 'RIGHT' ? other : one;
    return ref === undefined ? [] : [[name.toLowerCase(), ref] as const];
  });
}

/** Both sides of each equality, as values of one type. */
async function keyTypes(
  keys: readonly KeyPair[],
  { left, right }: JoinSides,
  { engine }: Compilation,
): Promise<readonly KeyPair[]> {
  const typesOf = async (side: Joined, list: readonly Tree[]): Promise<readonly string[]> => {
    const select = selectNode({
      select_list: list.map((one, place) => named(one, `k${place}`)),
      from_table: side.tree,
    });
    const columns = await engine.describe(await engine.print(select), readOf(side));
    return columns.map(({ typeText }) => typeText);
  };
  const lefts = await typesOf(
    left,
    keys.map((key) => key.left),
  );
  const rights = await typesOf(
    right,
    keys.map((key) => key.right),
  );
  const typed: KeyPair[] = [];
  for (const [place, key] of keys.entries()) {
    const [one = '', other = ''] = [lefts[place], rights[place]];
    if (one === other) {
      typed.push(key);
      continue;
    }
    const list = `SELECT [NULL::${one}, NULL::${other}][1] AS value`;
    const [common] = await engine.describe(list, []);
    const isText = one === 'VARCHAR' || other === 'VARCHAR';
    // Text is compared as what it is compared with.
    const type = isText ? (one === 'VARCHAR' ? other : one) : (common?.typeText ?? one);
    const cast = async (tree: Tree): Promise<Tree> =>
      await engine.parseExpression(`CAST(${await engine.printExpression(tree)} AS ${type})`);
    typed.push({ ...key, left: await cast(key.left), right: await cast(key.right) });
  }
  return typed;
}

type InputPlace = {
  readonly keys: readonly KeyPair[];
  readonly place: 0 | 1;
  readonly isAppending: boolean;
  readonly joinType: string;
};

async function inputOf(
  { side, columns }: KeptSide,
  { keys, place, isAppending, joinType }: InputPlace,
  { engine }: Compilation,
): Promise<UpdatingInput> {
  const own = keys.map(({ left, right }) => (place === 0 ? left : right));
  const isRetracting = isChanging(side);
  const weight = isRetracting
    ? sideColumn(side, '__weight')
    : await engine.parseExpression('1::BIGINT');
  const time = isAppending ? [named(sideColumn(side, '__time'), '__time')] : [];
  const rows = selectNode({
    select_list: [
      ...own.map((one, index) => named(one, `__k${index}`)),
      ...columns.map(({ tree, name }) => named(tree, name)),
      ...time,
      named(weight, '__weight'),
    ],
    from_table: side.tree,
  });
  const isKept = keptWithoutMatch(joinType, place);
  const conditions = keys.flatMap(({ takesNull }, index) =>
    isKept || takesNull ? [] : [`${quoteName(`__k${index}`)} IS NOT NULL`],
  );
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const text = `SELECT * FROM (${await engine.print(rows)})${where}`;
  const described = await engine.describe(text, readOf(side));
  return {
    intake: { text, reads: [...new Set(readOf(side).map(({ name }) => name))] },
    keys: described.slice(0, own.length),
    values: described.slice(own.length, -1).map((column) => ({ ...column, merge: undefined })),
    isRetracting,
  };
}

/** Does a row of this side that meets no other matter? */
function keptWithoutMatch(joinType: string, place: 0 | 1): boolean {
  const kept = place === 0 ? ['LEFT', 'FULL', 'OUTER', 'ANTI'] : ['RIGHT', 'FULL', 'OUTER'];
  return kept.includes(joinType);
}

type NewJoin = {
  readonly table: Tree;
  readonly condition: JoinCondition;
  readonly isAppending: boolean;
  readonly inputs: readonly [UpdatingInput, UpdatingInput];
  readonly left: KeptSide;
  readonly right: KeptSide;
  /** The sides whose columns it gives. */
  readonly given: readonly KeptSide[];
};

/** Adds the node, and behind it one that leaves out its keys. */
async function addJoin(join: NewJoin, compilation: Compilation): Promise<Relation> {
  const { table, condition, isAppending, inputs } = join;
  const text = await resultText(join, compilation);
  const rows = inputs.map(({ keys, values }, place) => ({
    name: `__rows_${place}`,
    columns: [...keys, ...values],
  }));
  const described = await compilation.describe(text, rows);
  const name = compilation.newName();
  const keys = inputs[0].keys.map((key) => key.name);
  const columns = described.slice(keys.length, isAppending ? -1 : undefined);
  compilation.nodes.push({
    kind: 'updating',
    name,
    inputs,
    result: { text, reads: [] },
    columns: described,
    resultKeys: keys,
    ttlMs: compilation.ttlMs,
    label: await condition.label(compilation.engine, table),
    ...(isAppending ? { isAppending: true } : {}),
  });
  const kind = isAppending ? 'events' : 'changes';
  const own = { name, rows: kind, windowParts: new Map(), shape: undefined } as const;
  const names = [...columns.map((column) => column.name), ...hiddenNames(kind)].map(quoteName);
  const select = `SELECT ${names.join(', ')} FROM ${quoteName(name)}`;
  const all: readonly StateColumn[] = isAppending ? described.slice(0, -1) : described;
  const reads = [{ ...own, columns: all }];
  return await compilation.addSelect({ ...own, columns, text: select, reads, label: undefined });
}

/** The join of the rows kept, its keys first; of rows that only come, the later time last. */
async function resultText(join: NewJoin, { engine }: Compilation): Promise<string> {
  const { table, condition, isAppending, inputs, left, right, given } = join;
  const sides = [left.placed('__l'), right.placed('__r')] as const;
  const rewritten = (node: Tree): Tree =>
    mapColumns(node, (path) => resolve(path, sides[0]) ?? resolve(path, sides[1]));
  const equal = condition.keys.map(({ takesNull }, place) => ({
    class: 'COMPARISON',
    type: takesNull ? 'COMPARE_NOT_DISTINCT_FROM' : 'COMPARE_EQUAL',
    alias: '',
    left: columnRef('__l', `__k${place}`),
    right: columnRef('__r', `__k${place}`),
  }));
  const children = [...equal, ...condition.others.map(rewritten)];
  const on =
    children.length === 1
      ? children[0]
      : { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children };
  const isBoth = given.length === 2;
  const keys = inputs[0].keys.map(({ name }) => {
    const own = columnRef('__l', name);
    return named(isBoth ? coalesce([own, columnRef('__r', name)]) : own, name);
  });
  const columns = given.flatMap((side) =>
    side.columns.map(({ name }) => columnRef(side === left ? '__l' : '__r', name)),
  );
  const times = [columnRef('__l', '__time'), columnRef('__r', '__time')];
  const time = isAppending ? [named(functionCall('greatest', times), '__time')] : [];
  return await engine.print(
    selectNode({
      select_list: [...keys, ...columns, ...time],
      from_table: {
        ...table,
        left: baseTable('__rows_0', '__l'),
        right: baseTable('__rows_1', '__r'),
        ref_type: 'REGULAR',
        using_columns: [],
        condition: on,
      },
    }),
  );
}
