import { findExpression, textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import { findColumn, pathOf } from './columns.ts';
import type { From } from './from.ts';
import { refuse } from './refusal.ts';
import { byAlias, isWindowCall, isWindowFunction, outerExpressions } from './select-parts.ts';

/** Refuses of a SELECT over events or changes what would need windows. */
export function refuseUnwindowed(select: Tree): void {
  const over = findExpression(outerExpressions(select), isWindowFunction);
  if (over !== undefined || select['qualify'] !== null) {
    const hint = 'Group the rows by a window first, and number those: PARTITION BY window, ….';
    refuse('Window functions need windows on a stream.', hint, over ?? select['qualify']);
  }
  const [modifier] = treesOf(select['modifiers']);
  if (modifier !== undefined) refuseModifier(modifier);
}

/** Of a SELECT that groups by no window: a call of one in it would be NULL. */
export function refuseStrayCall(select: Tree, from: From): void {
  const projections = treesOf(select['select_list']);
  const hidden = treesOf(select['group_expressions'])
    .flatMap((group) => (pathOf(group)?.length === 1 ? (pathOf(group) ?? []) : []))
    .find((name) => {
      const isCall = findExpression(byAlias(name, projections), isWindowCall) !== undefined;
      return isCall && findColumn([name], from.leaves) !== undefined;
    });
  const rename = `${hidden} in GROUP BY is a column that it reads: call the window otherwise.`;
  const hint = hidden === undefined ? undefined : rename;
  refuseCallIn([...outerExpressions(select), select['where_clause'], from.tree], hint);
}

/** Where a window's call means nothing. */
export function refuseCallIn(values: unknown, hint?: string): void {
  const call = findExpression(values, isWindowCall);
  if (call === undefined) return;
  const name = textOf(call['function_name']);
  const message = `${name} can only stand in GROUP BY, and be selected from there.`;
  refuse(message, hint ?? `Write GROUP BY ${name}(…), and ${name}(…) AS window in front.`, call);
}

function refuseModifier(modifier: Tree): never {
  const name = names[textOf(modifier['type'])] ?? 'LIMIT';
  const hint = 'Leave it out, put it into the queries over the table, or do it in windows.';
  refuse(`${name} on a stream needs a window: it never ends.`, hint, modifier);
}

const names: Readonly<Record<string, string>> = {
  ORDER_MODIFIER: 'ORDER BY',
  DISTINCT_MODIFIER: 'DISTINCT',
};
