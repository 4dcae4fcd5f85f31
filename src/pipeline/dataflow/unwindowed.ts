import { findExpression, textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import { addWindow, refuse } from './refusal.ts';
import {
  isAggregateCall,
  isGrouped,
  isWindowCall,
  isWindowFunction,
  outerExpressions,
} from './select-parts.ts';

/** Refuses a SELECT over `events` whose rows depend on more than one event. */
export function refuseUnwindowed(select: Tree): void {
  const call = findExpression([...outerExpressions(select), select['where_clause']], isWindowCall);
  if (call !== undefined) {
    const name = textOf(call['function_name']);
    const message = `${name} can only stand in GROUP BY, and be selected from there.`;
    refuse(message, `Write GROUP BY ${name}(…), and ${name}(…) AS window in front.`, call);
  }
  if (isGrouped(select)) refuseGrouping(select);
  const over = findExpression(outerExpressions(select), isWindowFunction);
  if (over !== undefined || select['qualify'] !== null) {
    const hint = 'Group the rows by a window first, and number those: PARTITION BY window, ….';
    refuse('Window functions need windows on a stream.', hint, over ?? select['qualify']);
  }
  const [modifier] = treesOf(select['modifiers']);
  if (modifier !== undefined) refuseModifier(modifier);
}

function refuseGrouping(select: Tree): never {
  const groups = treesOf(select['group_expressions']);
  if (groups.length > 0) {
    refuse('GROUP BY on a stream needs a window: it never ends.', addWindow, groups);
  }
  const call = findExpression(outerExpressions(select), isAggregateCall);
  const name = textOf(call?.['function_name']);
  const shown = name === 'count_star' ? 'count(*)' : name;
  const what = call === undefined ? 'GROUP BY' : `The aggregate ${shown}`;
  const hint = `${addWindow} Over a row's own list, use list_sum, list_max and the like.`;
  refuse(`${what} on a stream needs a window: it never ends.`, hint, call ?? select);
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
