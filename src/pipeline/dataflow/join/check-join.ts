import { columnRef } from '../../../sql/tree/make-tree.ts';
import { isExpression, textOf, textsOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import { windowPartOf } from '../columns.ts';
import { refuse } from '../refusal.ts';
import { sameShape, tellsWindow } from '../relation.ts';
import { type Joined, relationsOf } from './joined.ts';

/** Only rows of equal windows may meet: those come in the same epoch, and nothing is kept. */
export function checkWindowJoin(
  table: Tree,
  [left, right]: readonly [Joined, Joined],
  conditions: readonly Tree[],
): void {
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
export function checkRowJoin(table: Tree): void {
  const isPerRow =
    ['INNER', 'LEFT'].includes(textOf(table['join_type'])) &&
    ['REGULAR', 'CROSS', 'DEPENDENT'].includes(textOf(table['ref_type']));
  if (isPerRow) return;
  refuse("A row's own list can be joined as CROSS JOIN, JOIN or LEFT JOIN.", undefined, table);
}

/** Neither side holds anything but windows. */
export function isWindowJoin(left: Joined, right: Joined): boolean {
  return [...relationsOf(left), ...relationsOf(right)].every(({ rows }) => rows === 'windows');
}

function joinsWindows(one: Tree, other: Tree, left: Joined, right: Joined): boolean {
  const part = windowPartOf(one, left.leaves);
  if (part === undefined || part !== windowPartOf(other, right.leaves)) return false;
  const shape = sameShape(relationsOf(left)[0]?.shape, relationsOf(right)[0]?.shape);
  return tellsWindow(part, shape);
}

export function equalityOf(condition: Tree): readonly (readonly [Tree, Tree])[] {
  const { left, right } = condition;
  const isEquality = ['COMPARE_EQUAL', 'COMPARE_NOT_DISTINCT_FROM'].includes(
    textOf(condition['type']),
  );
  return isEquality && isExpression(left) && isExpression(right) ? [[left, right]] : [];
}

export function conjunctsOf(condition: unknown): readonly Tree[] {
  if (!isExpression(condition)) return [];
  return condition['type'] === 'CONJUNCTION_AND'
    ? treesOf(condition['children']).flatMap(conjunctsOf)
    : [condition];
}
