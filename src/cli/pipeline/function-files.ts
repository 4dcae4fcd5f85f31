import { dirname, join } from 'node:path';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { LineIndex } from '../../sql/positions.ts';
import { readStatements } from '../../sql/syntax/statements.ts';
import type { Token } from '../../sql/syntax/tokens.ts';
import { inSource } from '../failures.ts';
import type { SourceText } from '../render/failure.ts';
import type { Scope } from '../scope.ts';

/** A script as it was written, which errors are shown in, and the SQL that is sent for it. */
export type ScriptText = SourceText & { readonly sql: string };

/**
 * A script with the texts of the files that its functions name (`FROM 'functions/geo.ts'`) put in
 * behind the names, in the same lines: what runs later is what was sent, whatever becomes of the
 * files. Paths are from where the script is; of a script that is no file, from here.
 */
export async function withFunctionFiles(
  scope: Pick<Scope, 'readText'>,
  source: SourceText,
): Promise<ScriptText> {
  let sql = source.text;
  for (const path of pathsIn(source.text).toReversed()) {
    const code = await inSource(source, async () => await textOf(scope, source, path));
    sql = `${sql.slice(0, path.end)} AS ${quoted(code)}${sql.slice(path.end)}`;
  }
  return { ...source, sql };
}

/** In the order of the text; statements that are wrong are said to be by whoever checks them. */
function pathsIn(script: string): readonly Token[] {
  return readStatements(script, []).flatMap((statement) => {
    if (statement.kind !== 'create_function' || statement.code !== undefined) return [];
    return statement.path === undefined ? [] : [statement.path];
  });
}

async function textOf(
  scope: Pick<Scope, 'readText'>,
  source: SourceText,
  path: Token,
): Promise<string> {
  const isFile = !/^(?:-c|<.*>)$/.test(source.name);
  const folder = isFile ? dirname(source.name) : '.';
  try {
    const absolute = path.value.startsWith('/') ? path.value : join(folder, path.value);
    return (await scope.readText(absolute)).text;
  } catch (thrown) {
    const { message } = asHeliosError(thrown);
    throw new HeliosError('invalid_sql', message, {
      hint: 'Paths of functions are from where the script is.',
      position: new LineIndex(source.text).positionOf(path),
    });
  }
}

/** On one line, so that what follows stays where it was. */
function quoted(code: string): string {
  const escaped = code
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `E'${escaped}'`;
}
