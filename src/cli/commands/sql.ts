import { Option, type Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { inSource } from '../failures.ts';
import { parseDurationMs } from '../quantity.ts';
import type { SourceText } from '../render/failure.ts';
import type { Scope } from '../scope.ts';
import { outputFormats, runQuery, type OutputFormat } from '../shell/query.ts';
import { Shell } from '../shell/shell.ts';
import { allStatements } from '../shell/statements.ts';
import { writeNotebook } from '../shell/notebook.ts';
import { onCall, withExamples, type Runner } from './command.ts';

type SqlOptions = {
  readonly command?: string;
  readonly file?: string;
  readonly format?: OutputFormat;
  readonly maxRows?: string;
  readonly timeout?: number;
  readonly param?: Readonly<Record<string, unknown>>;
  readonly notebook?: string;
};

export function addSqlCommand(program: Command, run: Runner): void {
  const sql = program
    .command('sql')
    .description('ask in SQL: -c, a file, stdin, or a shell where there is a terminal')
    .option('-c, --command <sql>', 'run this')
    .option('-f, --file <file>', 'run this file; - is stdin')
    .addOption(
      new Option('--format <format>', 'table on a terminal, else csv').choices(outputFormats),
    )
    .option('--max-rows <n>', 'rows to show (10000 in tables and json; all in csv and ndjson)')
    .option('--timeout <duration>', 'give up after so long, such as 30s', parseDurationMs)
    .option('-p, --param <name=value>', 'value of $name in the SQL; may be repeated', addParam)
    .option('--notebook <file.ipynb>', 'write a notebook that asks this, instead of asking');
  withExamples(sql, [
    'sql',
    `sql -c 'select count(*) from shop_events'`,
    'sql -f top-products.sql --format markdown',
    `sql -c 'from shop_events where user_id = $user' -p user=ana_kim7 --format ndjson | head`,
    'sql -f top-products.sql --notebook top-products.ipynb',
  ]);
  onCall<SqlOptions>(sql, run, async (scope, { options }) => {
    const source = await sourceOf(scope, options);
    const { notebook: file, param: params } = options;
    if (file !== undefined) return writeNotebook(scope, { source, file, params });
    if (source === undefined) return new Shell(scope, options.format ?? 'table').run();
    await runAll(scope, source, options);
  });
}

/** Undefined: there is a person to ask. */
async function sourceOf(scope: Scope, options: SqlOptions): Promise<SourceText | undefined> {
  if (options.command !== undefined) return { name: '-c', text: options.command };
  if (options.file !== undefined) return scope.readText(options.file);
  return scope.context.isStdinTty ? undefined : scope.readText('-');
}

async function runAll(scope: Scope, source: SourceText, options: SqlOptions): Promise<void> {
  const fallback = scope.context.isStdoutTty ? 'table' : 'csv';
  const format = options.format ?? (scope.output.isJson ? 'json' : fallback);
  const settings = {
    format,
    maxRows: options.maxRows === undefined ? undefined : scope.config.max_rows,
    timeoutMs: options.timeout,
    params: options.param,
    signal: scope.signal,
  };
  for (const { sql, lineStart } of allStatements(source.text)) {
    await inSource({ name: source.name, text: sql, lineStart }, () =>
      runQuery(scope, sql, settings),
    );
  }
}

/**
 * `n=5` is a number, `n="5"` and `n=five` are texts: JSON where it is a scalar, else the text as it
 * is.
 */
function addParam(
  text: string,
  before: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give name=value.');
  return { ...before, [text.slice(0, at)]: paramValue(text.slice(at + 1)) };
}

function paramValue(text: string): unknown {
  const isScalar = /^(-?(0|[1-9]\d{0,14})(\.\d{1,10})?|true|false|null|"(?:[^"\\]|\\.)*")$/.test(
    text,
  );
  return isScalar ? JSON.parse(text) : text;
}
