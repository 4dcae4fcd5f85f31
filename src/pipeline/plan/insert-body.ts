import { exactCast } from '../../engine/exact-cast.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { Insert, ScriptError, SinkColumn } from '../../sql/script.ts';
import type { SqlPieces } from './compose.ts';

export type DescribedInsert = { readonly insert: Insert; readonly schema: Schema };

export type InsertBody =
  | { readonly kind: 'ok'; readonly body: SqlPieces }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/**
 * All INSERTs into one table as one SELECT: by position, cast to the declared columns where the
 * value fits exactly (an error of the record where it doesn't), or as they are where the table
 * declares none. The columns `hidden`, which each SELECT gives last, go along.
 */
export function insertBody(
  inserts: readonly DescribedInsert[],
  columns: readonly SinkColumn[] | undefined,
  hidden: readonly string[] = [],
): InsertBody {
  const errors: ScriptError[] = [];
  const pieces: (string | DescribedInsert['insert']['select'])[] = [];
  const names = columns ?? inferredColumns(inserts[0]);
  for (const [index, described] of inserts.entries()) {
    if (index > 0) pieces.push(' UNION ALL ');
    pieces.push(
      ...onePiece(described, { columns: names, isDeclared: columns !== undefined, hidden }, errors),
    );
  }
  return errors.length > 0 ? { kind: 'errors', errors } : { kind: 'ok', body: pieces };
}

type InsertTarget = {
  readonly columns: readonly SinkColumn[];
  readonly isDeclared: boolean;
  readonly hidden: readonly string[];
};

function onePiece(
  described: DescribedInsert,
  { columns, isDeclared, hidden }: InsertTarget,
  errors: ScriptError[],
): SqlPieces {
  const { insert, schema } = described;
  const targets = insert.targetColumns ?? columns.map((column) => column.name);
  if (targets.length !== schema.length) {
    errors.push(wrongCount(insert, targets.length, schema.length));
    return [];
  }
  const aliases = schema.map((_, index) => quoteName(`__${index}`));
  const list = columns.map((column) => {
    const index = targets.findIndex((name) => name.toLowerCase() === column.name.toLowerCase());
    const from = schema[index];
    const alias = aliases[index];
    const name = quoteName(column.name);
    if (from === undefined || alias === undefined) return missingColumn(insert, column, errors);
    if (!isDeclared) return `${alias} AS ${name}`;
    return `${notNull(exactCast(alias, from.type, column.type), column)} AS ${name}`;
  });
  const rows = `AS __rows(${[...aliases, ...hidden].join(', ')})`;
  return [`SELECT ${[...list, ...hidden].join(', ')} FROM (`, insert.select, `\n) ${rows}`];
}

function notNull(expression: string, column: SinkColumn): string {
  if (!column.isNotNull) return expression;
  const message = `'helios:null: the column ${column.name.replaceAll("'", "''")} takes no NULL'`;
  return `CASE WHEN (${expression}) IS NULL THEN error(${message}) ELSE ${expression} END`;
}

function missingColumn(insert: Insert, column: SinkColumn, errors: ScriptError[]): string {
  if (column.isNotNull) {
    errors.push({
      message: `The INSERT leaves out ${column.name}, which is NOT NULL.`,
      hint: 'Name it among the columns and give it a value.',
      position: insert.position,
    });
  }
  return `CAST(NULL AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`;
}

/**
 * The first INSERT's columns name those of a table that declares none; DuckDB has numbered names
 * that came twice.
 */
function inferredColumns(first: DescribedInsert | undefined): readonly SinkColumn[] {
  return (first?.schema ?? []).map((column) => ({ ...column, isNotNull: false }));
}

function wrongCount(insert: Insert, wanted: number, given: number): ScriptError {
  const target = insert.target ?? 'the result';
  return {
    message: `The INSERT into ${target} has ${given} columns, but ${wanted} are expected.`,
    hint: 'INSERT goes by position: select as many expressions as there are columns.',
    position: insert.position,
  };
}
