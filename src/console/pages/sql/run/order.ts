import { parameterNames, statementAt } from '../../../editor/sql-text.ts';
import { parameterValue, type ParameterValue } from '../../../editor/parameters.ts';
import type { QueryOrder } from './query-run.ts';

export type Selection = { readonly from: number; readonly to: number };

/** What Run would run: the selection, or else the statement at the cursor, with its parameters. */
export type Runnable = {
  readonly order: QueryOrder;
  readonly isSelection: boolean;
  /** Parameters without a value: it can't be run before they have one. */
  readonly missing: readonly string[];
};

/** Undefined where there is nothing to run. */
export function runnableOf(
  text: string,
  { from, to }: Selection,
  typed: Readonly<Record<string, string>>,
): Runnable | undefined {
  const selected = text.slice(from, to);
  const isSelection = selected.trim() !== '';
  const piece = isSelection
    ? { text: selected, start: from }
    : statementAt(text, Math.min(from, text.length));
  if (piece === undefined) return undefined;
  const params: Record<string, ParameterValue> = {};
  const missing: string[] = [];
  for (const name of parameterNames(piece.text)) {
    const value = parameterValue(typed[name] ?? '');
    if (value === undefined) missing.push(name);
    else params[name] = value;
  }
  return { order: { ...piece, params }, isSelection, missing };
}

/** Rows that are asked for at first: most answers have no more. */
export const rowsFirst = 10_000;

/** More are for an export: a browser holds them no longer at ease. */
const rowsMost = 1_000_000;

/** The same of ten times the rows; undefined where that is more than a page should hold. */
export function orderOfMore(order: QueryOrder): (QueryOrder & { rowsMax: number }) | undefined {
  const rowsMax = 10 * (order.rowsMax ?? rowsFirst);
  return rowsMax <= rowsMost ? { ...order, rowsMax } : undefined;
}
