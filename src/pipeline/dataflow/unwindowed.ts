import { findExpression, textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import { refuse } from './refusal.ts';
import { isWindowCall, isWindowFunction, outerExpressions } from './select-parts.ts';

/** Refuses of a SELECT over events or changes what would need windows. */
export function refuseUnwindowed(select: Tree): void {
  const call = findExpression([...outerExpressions(select), select['where_clause']], isWindowCall);
  if (call !== undefined) {
    const name = textOf(call['function_name']);
    const message = `${name} can only stand in GROUP BY, and be selected from there.`;
    refuse(message, `Write GROUP BY ${name}(…), and ${name}(…) AS window in front.`, call);
  }
  const over = findExpression(outerExpressions(select), isWindowFunction);
  if (over !== undefined || select['qualify'] !== null) {
    const hint = 'Group the rows by a window first, and number those: PARTITION BY window, ….';
    refuse('Window functions need windows on a stream.', hint, over ?? select['qualify']);
  }
  const [modifier] = treesOf(select['modifiers']);
  if (modifier !== undefined) refuseModifier(modifier);
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
