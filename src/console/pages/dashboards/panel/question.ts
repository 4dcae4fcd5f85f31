import type { SharedQueryBody } from '../../../../server/library/library-api.ts';
import { parameterValue } from '../../../editor/parameters.ts';
import { parameterNames } from '../../../editor/sql-text.ts';
import type { TimeRange } from '../board/board-place.ts';

/** What a panel asks, or the parameters that it has no value for. */
export type PanelQuestion =
  | { readonly kind: 'ready'; readonly body: SharedQueryBody }
  | { readonly kind: 'lacking'; readonly names: readonly string[] };

/** Only what the SQL names is sent: other values would be refused, and shared with fewer. */
export function panelQuestion(
  sql: string,
  { range, typed }: { readonly range: TimeRange; readonly typed: Readonly<Record<string, string>> },
): PanelQuestion {
  const params: Record<string, unknown> = {};
  const times: Record<string, number> = {};
  const lacking: string[] = [];
  for (const name of parameterNames(sql)) {
    const end = name === 'from' || name === 'to' ? name : undefined;
    const value = Object.hasOwn(typed, name) ? parameterValue(typed[name] ?? '') : undefined;
    if (end !== undefined && range.kind === 'between') params[name] = range[end];
    else if (end !== undefined && range.kind === 'last') times[name] = end === 'to' ? 0 : -range.ms;
    else if (value === undefined) lacking.push(name);
    else params[name] = value;
  }
  if (lacking.length > 0) return { kind: 'lacking', names: lacking };
  return { kind: 'ready', body: { sql, params, times } };
}

/** The address of the same question on the page for SQL. */
export function sqlAddress(
  sql: string,
  { range, typed }: { readonly range: TimeRange; readonly typed: Readonly<Record<string, string>> },
  nowMs: number,
): string {
  const search = new URLSearchParams({ q: sql });
  for (const name of parameterNames(sql)) {
    if (name === 'from' || name === 'to') search.set(`p.${name}`, endOf(range, name, nowMs));
    else if (typed[name] !== undefined) search.set(`p.${name}`, typed[name]);
  }
  return `/sql?${search.toString()}`;
}

function endOf(range: TimeRange, end: 'from' | 'to', nowMs: number): string {
  if (range.kind === 'between') return range[end];
  return new Date(end === 'to' ? nowMs : nowMs - range.ms).toISOString();
}
