import type { Connection } from '../../engine/engine.ts';
import type { RegisteredCall, Signature } from '../../engine/calls.ts';
import { quoteName } from '../../engine/types.ts';
import type { ScriptError, ScriptFunction } from '../../sql/script.ts';
import { ScriptFunctions } from '../../udf/script-functions.ts';

/** Makes a connection know the script's functions, which close with it; or says what is wrong. */
export async function createFunctions(
  connection: Connection,
  definitions: readonly ScriptFunction[],
): Promise<readonly ScriptError[]> {
  if (definitions.length === 0) return [];
  const opened = await ScriptFunctions.open(definitions);
  if (opened.kind === 'refused') {
    const { definition, fault } = opened;
    const place = [definition.path, fault.line, fault.column].filter((part) => part !== undefined);
    const why = `${place.join(':')}: ${fault.message}`;
    const message = `The function ${definition.name} can't be used. ${why}`;
    return [{ message, hint: undefined, position: definition.position }];
  }
  const { functions } = opened;
  const named = functions.sites.map(({ definition, site }) => {
    return { signature: signatureOf(definition), site };
  });
  const calls = connection.callOut(functions, named);
  for (const [index, definition] of definitions.entries()) {
    await connection.execute(macroOf(definition, calls[index]));
  }
  return [];
}

function signatureOf({ name, parameters, result }: ScriptFunction): Signature {
  return { name, parameters: parameters.map(({ type }) => type), result };
}

/** DuckDB's name of the function tells scripts apart; this one is the script's own. */
function macroOf(
  { name, parameters, result }: ScriptFunction,
  call: RegisteredCall | undefined,
): string {
  const names = parameters.map((parameter) => quoteName(parameter.name));
  const value = call?.sql(names) ?? 'NULL';
  const typed = result.kind === 'json' ? `CAST(${value} AS JSON)` : value;
  return `CREATE OR REPLACE TEMP MACRO ${quoteName(name)}(${names.join(', ')}) AS (${typed})`;
}
