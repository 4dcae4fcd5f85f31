import { didYouMeanHint } from '../base/did-you-mean.ts';
import { type FunctionCall, selectFacts, type SelectFacts } from './select-facts.ts';
import type { Expression, Query, TableRef } from './select-ast.ts';
import { windowCallProblem, windowTableProblem } from './windows/window-calls.ts';
import { type IsAggregate, rowFunctions, type SelectProblem, streamReasons } from './stateless.ts';

/** What only the engine and the script know about a SELECT's names. */
export type SelectContext = {
  readonly isAggregate: IsAggregate;
  /** Names of the tables and views that it may read, as they are spelled in the script. */
  readonly readable: readonly string[];
};

export type SelectAnalysis = {
  /** What speaks against running it. */
  readonly problems: readonly SelectProblem[];
  /** Empty: it can run, a batch of records at a time. Else it needs a dataflow. */
  readonly stateful: readonly SelectProblem[];
  /** What it reads, in the script's spelling, each once. */
  readonly reads: readonly string[];
};

/**
 * Decides whether a SELECT can run on a stream: its results depend on nothing outside of the
 * pipeline, and on no other effect; and whether each row's do on that row alone. One problem for
 * each reason against it, with its first place.
 */
export function analyseSelect(query: Query, context: SelectContext): SelectAnalysis {
  const facts = selectFacts(query);
  const names = resolveTables(facts, context);
  const reasons = streamReasons(query, facts, context.isAggregate);
  const problems = [
    ...names.problems,
    ...reasons.never,
    ...facts.tableFunctions.flatMap(tableFunctionProblem),
    ...firstOfEachName(facts.functions).flatMap((call) => functionProblem(call)),
    ...facts.functions.flatMap(windowCallProblem).slice(0, 1),
    ...parameterProblem(facts),
    ...facts.expressions.flatMap(unknownProblem).slice(0, 1),
    ...facts.tableRefs.flatMap(unknownTableProblem).slice(0, 1),
  ];
  const { stateful } = reasons;
  return { problems: problems.toSorted(byPlace), stateful, reads: names.reads };
}

function byPlace(left: SelectProblem, right: SelectProblem): number {
  return (left.byteOffset ?? 0) - (right.byteOffset ?? 0);
}

function resolveTables(
  facts: SelectFacts,
  { readable }: SelectContext,
): { readonly problems: readonly SelectProblem[]; readonly reads: readonly string[] } {
  const problems: SelectProblem[] = [];
  const reads = new Set<string>();
  for (const { name, schema, catalog, byteOffset } of facts.tables) {
    const isPlain = schema === '' && catalog === '';
    const found = readable.find((one) => one.toLowerCase() === name.toLowerCase());
    if (isPlain && found !== undefined) {
      reads.add(found);
      continue;
    }
    const path = [catalog, schema, name].filter((part) => part !== '').join('.');
    if (problems.some((problem) => problem.message.includes(`"${path}"`))) continue;
    problems.push({ ...unknownName(path, readable), byteOffset });
  }
  return { problems, reads: [...reads] };
}

function unknownName(
  path: string,
  readable: readonly string[],
): { readonly message: string; readonly hint: string | undefined } {
  if (/[/\\]|^[a-z]+:|\.(?:csv|json|jsonl|ndjson|parquet|txt|gz|zst|db)$/i.test(path)) {
    const hint =
      "Declare it: CREATE TABLE … WITH (connector = 'single_file', path = '…', type = 'source').";
    return { message: `A pipeline can't read the file "${path}" by its name.`, hint };
  }
  const all =
    readable.length === 0
      ? "Declare it: CREATE TABLE … (…) WITH (connector = 'http')."
      : `There are: ${readable.join(', ')}.`;
  const message = `The script declares no table "${path}" to read.`;
  return { message, hint: didYouMeanHint(path, readable) ?? all };
}

function tableFunctionProblem(call: FunctionCall): readonly SelectProblem[] {
  const { name, byteOffset } = call;
  const window = windowTableProblem(call);
  if (window !== undefined) return [window];
  if (rowFunctions.has(name.toLowerCase())) return [];
  const isRead = /^(?:read_|parquet_|glob|sniff_)|_scan$/i.test(name);
  const hint = isRead
    ? "Read files with a table: WITH (connector = 'filesystem', path = '…', type = 'source')."
    : 'A pipeline may use unnest, range and generate_series.';
  const message = `The table function ${name} can't be used in a pipeline.`;
  return [{ message, hint, byteOffset }];
}

/**
 * Functions that reach outside of the row: settings, sequences, other SQL, the process. What merely
 * differs from call to call (`now`, `random`, `uuid`) is fine: an epoch runs once.
 */
function isOutside(name: string): boolean {
  return outsideFunctions.has(name) || outsideFamilies.test(name);
}

const outsideFunctions: ReadonlySet<string> = new Set(
  (
    'checkpoint current_connection_id current_query current_query_id current_setting ' +
    'current_transaction_id currval force_checkpoint getenv getvariable glob ' +
    'json_execute_serialized_sql json_serialize_plan lastval nextval parse_duckdb_log_message ' +
    'pg_sleep query query_table set_config setseed sleep_ms stats truncate_duckdb_logs ' +
    'txid_current which_secret write_log'
  ).split(' '),
);

const outsideFamilies = /^(?:read|pragma|duckdb|enable|disable|parquet|sniff)_|_scan$/;

function functionProblem(call: FunctionCall): readonly SelectProblem[] {
  const { name, byteOffset } = call;
  if (!isOutside(name.toLowerCase())) return [];
  const message = `The function ${name} can't be used in a pipeline.`;
  const hint =
    'It reaches outside of the rows: a pipeline must give the same result when run again.';
  return [{ message, hint, byteOffset }];
}

function firstOfEachName(calls: readonly FunctionCall[]): readonly FunctionCall[] {
  const byName = new Map<string, FunctionCall>();
  for (const call of calls) {
    const name = call.name.toLowerCase();
    if (!byName.has(name)) byName.set(name, call);
  }
  return [...byName.values()];
}

function parameterProblem(facts: SelectFacts): readonly SelectProblem[] {
  const [parameter] = facts.parameters;
  if (parameter === undefined) return [];
  const message = `The parameter ${parameter.name} has no value in a pipeline.`;
  const hint = 'Parameters are for queries: write the value in its place.';
  return [{ message, hint, byteOffset: parameter.byteOffset }];
}

const knownClasses: ReadonlySet<string> = new Set(
  (
    'BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA ' +
    'LAMBDA_REF OPERATOR PARAMETER POSITIONAL_REFERENCE STAR SUBQUERY WINDOW TYPE'
  ).split(' '),
);

function unknownProblem(expression: Expression): readonly SelectProblem[] {
  if (knownClasses.has(expression.class)) return [];
  const message = `A pipeline can't run this kind of expression (${expression.class}).`;
  return [{ message, hint: undefined, byteOffset: expression.byteOffset }];
}

function unknownTableProblem(table: TableRef): readonly SelectProblem[] {
  if (table.kind !== 'unknown' && table.kind !== 'show') return [];
  const kind = table.kind === 'show' ? table.showType : table.type;
  const message = `A pipeline can't read this kind of table (${kind}).`;
  return [{ message, hint: undefined, byteOffset: table.byteOffset }];
}
