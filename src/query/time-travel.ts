import { HeliosError } from '../base/errors.ts';
import { parseInstantMicros } from '../delta/prune/compare-value.ts';
import type { Connection } from '../engine/engine.ts';
import { positionAtByte } from '../engine/failure.ts';
import type { TableTime } from '../catalog/view.ts';
import { readSerializedSelect } from '../sql/read-select.ts';
import { type BaseTable, selectFacts } from '../sql/select-facts.ts';
import { clockSlackMs, literalOf } from './literals.ts';
import { withoutExplain } from './statement-text.ts';

/** A table as it was: `name` is what the rewritten text calls it. */
export type PastTable = {
  readonly name: string;
  /** As the query calls it. */
  readonly table: BaseTable;
  readonly time: TableTime;
};

export type TimeTravel = {
  /** The text with another table for each `t AT (…)`, of the same length. */
  readonly sql: string;
  readonly past: readonly PastTable[];
};

/**
 * Takes `AT (VERSION => 5)` and `AT (TIMESTAMP => …)` out of a query, since DuckDB has them for
 * tables of its own kind only. What comes out is a query like any other, which has to pass the
 * gate. `invalid_sql` where the version or time is no constant.
 */
export async function withoutTimeTravel(
  sql: string,
  parser: Connection,
  nowMs: number,
): Promise<TimeTravel> {
  const none = { sql, past: [] };
  if (!/\bat\s*\(/i.test(sql)) return none;
  const { text } = withoutExplain(sql);
  if (text.length !== sql.length) return none;
  const [row] = await parser.rowsWith('SELECT json_serialize_sql($1::VARCHAR) AS tree', [text]);
  const parsed = readSerializedSelect(row?.['tree']);
  // What is wrong with it is for the gate to say.
  if (parsed.kind !== 'ok') return none;
  const tables = parsed.statements.flatMap((query) => selectFacts(query).tables);
  const travelling = tables
    .filter((table) => table.hasAtClause)
    .toSorted((left, right) => (right.byteOffset ?? 0) - (left.byteOffset ?? 0));
  const prefix = unusedPrefix(sql);
  let rewritten = sql;
  const past: PastTable[] = [];
  // From the end on, so that the places of the others stay.
  for (const [index, table] of travelling.entries()) {
    const name = `${prefix}${index}`;
    past.push({ name, table, time: timeOf(table, text, nowMs) });
    rewritten = replaced(rewritten, table, name);
  }
  return { sql: rewritten, past };
}

function timeOf({ at, byteOffset }: BaseTable, text: string, nowMs: number): TableTime {
  const found = at && literalOf(at.expression, { parameters: [], nowMs });
  const value = found?.value;
  if (at?.unit === 'VERSION' && value?.kind === 'exact' && /^\d+$/.test(value.text)) {
    return { kind: 'version', version: Number(value.text) };
  }
  if (at?.unit === 'TIMESTAMP' && (value?.kind === 'instant' || value?.kind === 'text')) {
    const micros = value.kind === 'instant' ? value.micros : parseInstantMicros(value.text);
    const slackMs = found?.isRelative === true ? clockSlackMs : 0;
    if (micros !== undefined) return pastInstant(Number(micros / 1000n) + slackMs, nowMs);
  }
  throw new HeliosError('invalid_sql', 'AT takes a constant version or time.', {
    hint:
      "Write AT (VERSION => 5), AT (TIMESTAMP => '2024-01-31 12:00:00') in UTC, " +
      'or AT (TIMESTAMP => now() - INTERVAL 1 DAY).',
    position: byteOffset === undefined ? undefined : positionAtByte(text, byteOffset),
  });
}

function pastInstant(atMs: number, nowMs: number): TableTime {
  if (atMs <= nowMs) return { kind: 'instant', atMs };
  throw new HeliosError('not_found', `${new Date(atMs).toISOString()} is in the future.`, {
    hint: 'Ask for a time that has passed, in UTC.',
  });
}

/** `t AS x AT (…)` becomes `name AS x`, `t AT (…)` becomes `name t`; blanks keep the length. */
function replaced(sql: string, { byteOffset = 0, alias }: BaseTable, name: string): string {
  const start = Buffer.from(sql).subarray(0, byteOffset).toString().length;
  const written = /^(?:(?:"(?:[^"]|"")*"|[^\s."(),;]+)\s*\.\s*)*("(?:[^"]|"")*"|[^\s."(),;]+)/.exec(
    sql.slice(start),
  );
  const nameEnd = start + (written?.[0].length ?? 0);
  const at = findAt(sql, nameEnd);
  const between = sql.slice(nameEnd, at.start);
  const rest = alias === '' ? ` ${written?.[1] ?? ''}${between}` : between;
  const body = `${name}${rest}`;
  const blanks = sql.slice(start, at.end).length - body.length;
  const newlines = sql.slice(at.start, at.end).replaceAll(/[^\n]/g, '');
  const padding = `${newlines}${' '.repeat(Math.max(0, blanks - newlines.length))}`;
  return `${sql.slice(0, start)}${body}${padding}${sql.slice(at.end)}`;
}

/** The clause's `AT ( … )`, past texts, quoted names and comments. */
function findAt(sql: string, from: number): { readonly start: number; readonly end: number } {
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\bat\b(?=\s*\()|[()]/giy;
  let start: number | undefined;
  let depth = 0;
  for (let place = from; place < sql.length; place++) {
    token.lastIndex = place;
    const found = token.exec(sql)?.[0];
    if (found === undefined) continue;
    if (start === undefined && /^at$/i.test(found)) start = place;
    if (start !== undefined && found === '(') depth += 1;
    if (start !== undefined && found === ')') depth -= 1;
    place += found.length - 1;
    if (start !== undefined && found === ')' && depth === 0) return { start, end: place + 1 };
  }
  throw new HeliosError('invalid_sql', 'AT (…) can’t be found where the table is named.');
}

/** What no word of the text begins with. */
function unusedPrefix(sql: string): string {
  for (let serial = 0; ; serial++) {
    const prefix = `_${serial === 0 ? '' : serial}v`;
    if (!sql.toLowerCase().includes(prefix)) return prefix;
  }
}
