import { columnRef } from '../../../sql/tree/make-tree.ts';
import { isExpression, textOf, textsOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import { extractedPath, findColumn, joinedPartOf, windowPartOf } from '../columns.ts';
import type { WindowShape } from '../dataflow.ts';
import { refuse } from '../refusal.ts';
import { sameShape, tellsWindow, type WindowPart } from '../relation.ts';
import { shapeText } from '../window/window-shape.ts';
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
      joinsWindows([one, other], [left, right], table) ||
      joinsWindows([other, one], [left, right], table),
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

function joinsWindows(
  [one, other]: readonly [Tree, Tree],
  [left, right]: readonly [Joined, Joined],
  table: Tree,
): boolean {
  const part = partOf(one, left);
  if (part === undefined || part !== partOf(other, right)) return false;
  const [shape, otherShape] = [shapeOf(one, left), shapeOf(other, right)];
  if (part === 'window' && shape !== undefined && otherShape !== undefined) {
    checkMayBeEqual(shape, otherShape, [one, table]);
  }
  return tellsWindow(part, sameShape(shape, otherShape));
}

/** A row whose window is NULL, of an outer join before, meets none. */
function partOf(node: Tree, { leaves }: Joined): WindowPart | undefined {
  return windowPartOf(node, leaves) ?? joinedPartOf(node, leaves);
}

/** Of the windows that a column is of; undefined: of several. */
function shapeOf(column: Tree, { leaves }: Joined): WindowShape | undefined {
  return findColumn(extractedPath(column) ?? [], leaves)?.leaf.relation?.shape;
}

/** Sessions have the gap of their last event behind it. */
function checkMayBeEqual(shape: WindowShape, other: WindowShape, at: unknown): void {
  const length = (one: WindowShape): bigint => (one.kind === 'session' ? one.gapUs : one.widthUs);
  const isOneKind = (shape.kind === 'session') === (other.kind === 'session');
  if (isOneKind && length(shape) === length(other)) return;
  const message = `Windows of ${shapeText(shape)} and ${shapeText(other)} are not equal.`;
  const hint =
    'Join windows of one length; or by their ends, which may be equal: a.window.end = ….';
  refuse(message, hint, at);
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
