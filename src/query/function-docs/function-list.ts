import type { Connection } from '../../engine/engine.ts';
import { allowedFunctions, allowedTableFunctions } from '../functions.generated.ts';
import { columnTypeName } from '../process/result-sql.ts';
import { functionNotes } from './notes.generated.ts';

/** A function that a query may call, as an editor explains it. */
export type FunctionInfo = {
  readonly name: string;
  readonly kind: 'scalar' | 'aggregate' | 'table';
  /** `date_trunc(part VARCHAR, timestamp) → TIMESTAMP`; overloads that differ in types are one. */
  readonly signatures: readonly string[];
  readonly description: string | undefined;
  readonly example: string | undefined;
};

/** All functions with a name of their own that the gate lets pass, by name. */
export async function functionList(connection: Connection): Promise<readonly FunctionInfo[]> {
  const rows = await connection.rows(
    `SELECT function_name, function_type, return_type, parameters, parameter_types, varargs,
       description, examples
     FROM duckdb_functions() WHERE regexp_full_match(function_name, '[A-Za-z_][A-Za-z0-9_]*')
     ORDER BY lower(function_name), function_type, len(parameters)`,
  );
  const byName = new Map<string, Overload[]>();
  for (const overload of rows.map(toOverload)) {
    if (!isAllowed(overload)) continue;
    byName.set(overload.name, [...(byName.get(overload.name) ?? []), overload]);
  }
  return [...byName].map(([name, overloads]) => infoOf(name, overloads));
}

/** More are not read by anybody. */
const signaturesMax = 4;

type Overload = {
  readonly name: string;
  readonly kind: FunctionInfo['kind'];
  readonly returns: string;
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly varargs: string;
  readonly description: string;
  readonly example: string;
};

function toOverload(row: Readonly<Record<string, unknown>>): Overload {
  const type = textOf(row['function_type']);
  return {
    name: textOf(row['function_name']),
    kind: type === 'aggregate' ? type : type.startsWith('table') ? 'table' : 'scalar',
    returns: columnTypeName(textOf(row['return_type'])),
    names: textsOf(row['parameters']),
    types: textsOf(row['parameter_types']).map(columnTypeName),
    varargs: textOf(row['varargs']),
    // Marks of Markdown, which is shown as text.
    description: textOf(row['description']).replaceAll('`', ''),
    example: textsOf(row['examples'])[0] ?? '',
  };
}

function isAllowed({ name, kind }: Overload): boolean {
  return kind === 'table'
    ? allowedTableFunctions.has(name)
    : allowedFunctions.has(name.toLowerCase());
}

function infoOf(name: string, overloads: readonly Overload[]): FunctionInfo {
  const note = functionNotes.get(name);
  const [first] = overloads;
  const kinds = new Set(overloads.map(({ kind }) => kind));
  return {
    name,
    kind: kinds.has('aggregate') ? 'aggregate' : kinds.has('scalar') ? 'scalar' : 'table',
    signatures: note === undefined ? signaturesOf(name, overloads) : [note.signature],
    description: note?.description ?? (first?.description || undefined),
    example: note?.example ?? (first?.example || undefined),
  };
}

/** Overloads whose parameters have the same names are one, with the types that they share. */
function signaturesOf(name: string, overloads: readonly Overload[]): readonly string[] {
  const byNames = new Map<string, Overload[]>();
  for (const overload of overloads) {
    const key = `${overload.names.join(',')}…${overload.varargs}`;
    byNames.set(key, [...(byNames.get(key) ?? []), overload]);
  }
  const signatures = [...byNames.values()].map((alike) => signatureOf(name, alike));
  return [...new Set(signatures)].slice(0, signaturesMax);
}

function signatureOf(name: string, alike: readonly Overload[]): string {
  const [first] = alike;
  if (first === undefined) return `${name}()`;
  const parameters = first.names.map((parameter, index) => {
    const type = onlyOne(alike.map(({ types }) => types[index] ?? ''));
    // DuckDB numbers what it has no name for.
    const own = /^col\d+$/.test(parameter) ? '' : parameter;
    return [own, type].filter((part) => part !== '').join(' ') || 'value';
  });
  if (first.varargs !== '') parameters.push('…');
  const returns = onlyOne(alike.map((one) => one.returns));
  return `${name}(${parameters.join(', ')})${returns === '' ? '' : ` → ${returns}`}`;
}

/** Empty where they differ. */
function onlyOne(types: readonly string[]): string {
  return new Set(types).size === 1 ? (types[0] ?? '') : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}
