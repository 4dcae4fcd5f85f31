import { asHeliosError, type HeliosError, type TextPosition } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import { offsetOfByte } from '../../sql/positions.ts';
import type { Macro, MacroParameter, ScriptError } from '../../sql/script.ts';
import { ComposedSql, type SqlPieces } from './compose.ts';

/** A script's macros, as its connection knows them. */
export class CreatedMacros {
  readonly errors: readonly ScriptError[];
  readonly #sql: ComposedSql;

  constructor(sql: ComposedSql, errors: readonly ScriptError[]) {
    this.#sql = sql;
    this.errors = errors;
  }

  /**
   * Where in a macro the error of a statement lies, `text`, that calls it; undefined where it is in
   * the statement's own text.
   */
  positionOf(error: HeliosError, text: string): TextPosition | undefined {
    const byteOffset = error.details?.['byteOffset'];
    if (typeof byteOffset !== 'number' || byteOffset < Buffer.byteLength(text)) return undefined;
    return positionOf(this.#sql, byteOffset);
  }
}

/**
 * Makes a connection know the macros, which are in order: as temporary ones, which other
 * connections don't see. Those of the same names that it knew are replaced.
 */
export async function createMacros(
  connection: Connection,
  macros: readonly Macro[],
): Promise<CreatedMacros> {
  // DuckDB places an error in a macro by the text that made it, and an error beside it by the text
  // of the statement: behind so many spaces no statement of a script reaches.
  const sql = new ComposedSql().add([macros.length === 0 ? '' : ' '.repeat(statementBytesMax)]);
  const errors: ScriptError[] = [];
  for (const macro of macros) {
    const start = sql.text.length;
    sql.add(macroPieces(macro));
    const behind = ' '.repeat(Buffer.byteLength(sql.text.slice(0, start)));
    try {
      await connection.execute(behind + sql.text.slice(start));
    } catch (thrown) {
      errors.push(errorOf(asHeliosError(thrown), macro, sql));
    }
  }
  return new CreatedMacros(sql, errors);
}

/** Of names in lower case, those that DuckDB's functions and the words of its SQL have. */
export async function builtInNames(
  connection: Connection,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await connection.rows(
    `SELECT lower(function_name) AS name FROM duckdb_functions() WHERE internal
      UNION SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'`,
  );
  const known = new Set(rows.map((row) => row['name']));
  return names.filter((name) => known.has(name));
}

const statementBytesMax = 1024 * 1024;

function macroPieces({ name, parameters, expression }: Macro): SqlPieces {
  const list = parameters.flatMap((parameter, index) => [
    index === 0 ? '' : ', ',
    ...parameterPieces(parameter),
  ]);
  const opening = `CREATE OR REPLACE TEMP MACRO ${quoteName(name)}(`;
  return [opening, ...list, ') AS (', expression, '\n)\n'];
}

function parameterPieces({ name, type, fallback }: MacroParameter): SqlPieces {
  const typed = type === undefined ? '' : ` ${duckdbType(type)}`;
  return [quoteName(name), typed, ...(fallback === undefined ? [] : [' := ', fallback])];
}

function errorOf(error: HeliosError, macro: Macro, sql: ComposedSql): ScriptError {
  const byteOffset = error.details?.['byteOffset'];
  const position = typeof byteOffset === 'number' ? positionOf(sql, byteOffset) : undefined;
  const { message, hint } = error;
  return { message, hint, position: position ?? macro.position };
}

function positionOf(sql: ComposedSql, byteOffset: number): TextPosition | undefined {
  return sql.positionAt(offsetOfByte(sql.text, byteOffset));
}
