import { columnRef } from '../../../sql/tree/make-tree.ts';
import { findExpression, textOf, textsOf, type Tree } from '../../../sql/tree/tree.ts';
import { refuse } from '../refusal.ts';
import type { TreeEngine } from '../tree-engine.ts';
import { refuseCallIn } from '../unwindowed.ts';
import { equalityOf } from './check-join.ts';
import { isOf, type Joined, resolve, resolved } from './joined.ts';

/** What has to be equal, of each side over its own tree. */
export type KeyPair = {
  readonly left: Tree;
  readonly right: Tree;
  /** `IS NOT DISTINCT FROM`: nulls are equal. */
  readonly takesNull: boolean;
};

export type JoinCondition = {
  readonly keys: readonly KeyPair[];
  /** What else has to hold, as it is written. */
  readonly others: readonly Tree[];
  readonly label: (engine: TreeEngine, table: Tree) => Promise<string>;
};

export type JoinSides = {
  readonly table: Tree;
  readonly left: Joined;
  readonly right: Joined;
  /** Of ON. */
  readonly own: readonly Tree[];
  /** Of WHERE, where it holds for the join too: it is asked again for what the join gives. */
  readonly where: readonly Tree[];
};

/** The equalities of a join, by which its rows are kept. Without one it is refused. */
export function joinCondition({ table, left, right, own, where }: JoinSides): JoinCondition {
  refuseKind(table);
  refuseCallIn(own);
  const using = textsOf(table['using_columns']);
  const keys: KeyPair[] = using.map((name) => ({
    left: resolve([name], left) ?? columnRef(name),
    right: resolve([name], right) ?? columnRef(name),
    takesNull: false,
  }));
  const written: Tree[] = [];
  const others: Tree[] = [];
  for (const condition of [...own, ...where]) {
    const key = keyOf(condition, left, right);
    if (key !== undefined) {
      keys.push(key);
      written.push(condition);
    } else if (own.includes(condition)) {
      others.push(condition);
    }
  }
  const subquery = findExpression(others, (node) => node['class'] === 'SUBQUERY');
  if (subquery !== undefined) {
    refuse('Subqueries in expressions cannot run on a stream.', undefined, subquery);
  }
  if (keys.length > 0) return { keys, others, label: labelOf(using, written) };
  const message = 'A join of streams needs an equality between its sides.';
  const hint = 'Add one, by which rows are kept and found: … ON a.id = b.id AND ….';
  return refuse(message, hint, table['condition'] ?? table);
}

function keyOf(condition: Tree, left: Joined, right: Joined): KeyPair | undefined {
  const [sides] = equalityOf(condition);
  if (sides === undefined) return undefined;
  const takesNull = condition['type'] === 'COMPARE_NOT_DISTINCT_FROM';
  const pair = ([one, other]: readonly [Tree, Tree]): KeyPair | undefined =>
    isOf(one, left) && isOf(other, right)
      ? { left: resolved(one, left), right: resolved(other, right), takesNull }
      : undefined;
  return pair(sides) ?? pair([sides[1], sides[0]]);
}

function refuseKind(table: Tree): void {
  const refType = textOf(table['ref_type']);
  if (refType === 'REGULAR' || refType === 'CROSS') return;
  const isNatural = refType === 'NATURAL';
  const hint = isNatural ? 'Write USING (…) with the columns.' : 'Write a join with an equality.';
  refuse(`${isNatural ? 'A NATURAL' : 'This'} join cannot run on a stream.`, hint, table);
}

function labelOf(using: readonly string[], written: readonly Tree[]): JoinCondition['label'] {
  return async (engine, table) => {
    const joinType = textOf(table['join_type']);
    const name = joinType === 'INNER' ? 'JOIN' : `${joinType} JOIN`;
    if (using.length > 0) return `${name} USING (${using.join(', ')})`;
    const texts: string[] = [];
    for (const one of written) texts.push(await engine.printExpression(one));
    return `${name} ON ${texts.map((text) => text.replace(/^\((.*)\)$/, '$1')).join(' AND ')}`;
  };
}
