import { Command } from 'commander';
import { HeliosError } from '../base/errors.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConfigCommand } from './commands/config.ts';
import { addConnectCommand } from './commands/connect.ts';
import { addConnectionCommand } from './commands/connection.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addPeekCommand } from './commands/peek.ts';
import { addPipelineCommand } from './commands/pipeline.ts';
import { addRunCommand } from './commands/run.ts';
import { addSqlCommand } from './commands/sql.ts';
import { addStartCommand } from './commands/start.ts';
import { addStreamCommand } from './commands/stream.ts';
import { addTableCommand } from './commands/table.ts';
import { addTailCommand } from './commands/tail.ts';
import { withExamples, type GlobalOptions, type Runner } from './commands/command.ts';
import type { ConfigKey } from './config.ts';
import type { CliContext } from './context.ts';
import { reportFailure } from './failures.ts';
import { Output } from './output.ts';
import { loadConfig, Scope } from './scope.ts';
import { versionLine } from './version.ts';

/**
 * Runs one command line (`words` without the program's name). Resolves to the exit code; never
 * rejects.
 */
export async function runCli(words: readonly string[], context: CliContext): Promise<number> {
  const invocation = new Invocation(context);
  try {
    if (words[0] === '--version' || words[0] === '-V') {
      context.stdout.write(`${await versionLine(context)}\n`);
      return 0;
    }
    await createProgram(context, invocation.run).parseAsync(
      words.length === 0 ? ['--help'] : [...words],
      { from: 'user' },
    );
    return invocation.exitCode;
  } catch (thrown) {
    return invocation.failed(thrown);
  }
}

/** One command line from its options to its exit code. */
class Invocation {
  readonly #context: CliContext;
  #output: Output;
  #isDebug = false;
  exitCode = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#output = new Output(context, { isJson: false, isQuiet: false, isPlain: false });
  }

  readonly run: Runner = async (options, work) => {
    this.#isDebug = options.debug === true;
    this.#output = new Output(this.#context, {
      isJson: options.json === true,
      isQuiet: options.quiet === true,
      isPlain: options.color === false,
    });
    const settings = await loadConfig(this.#context, flagsOf(options));
    const controller = new AbortController();
    this.#output.onClosed(() => controller.abort(new HeliosError('cancelled', 'Nobody reads.')));
    const forget = this.#context.onInterrupt(() =>
      controller.abort(new HeliosError('cancelled', 'Interrupted.')),
    );
    try {
      const scope = new Scope(this.#context, this.#output, {
        ...settings,
        signal: controller.signal,
      });
      this.exitCode = (await work(scope)) ?? 0;
    } finally {
      forget();
    }
  };

  failed(thrown: unknown): number {
    return this.#output.isClosed ? 0 : reportFailure(thrown, this.#output, this.#isDebug);
  }
}

/** The options that are settings, under the settings' names. */
function flagsOf(options: GlobalOptions): Partial<Record<ConfigKey, unknown>> {
  const given: Readonly<Record<string, unknown>> = { ...options };
  return {
    url: given['url'],
    data: given['data'],
    host: given['host'],
    port: given['port'],
    log_level: given['logLevel'],
    allowed_origins: given['allowedOrigins'],
    max_rows: given['maxRows'],
  };
}

function createProgram(context: CliContext, run: Runner): Command {
  const program = new Command('helios')
    .description('SQL over event streams: ingest, pipelines, tables and queries in one process.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getOutHelpWidth: () => context.columns() ?? 100,
      getErrHelpWidth: () => context.columns() ?? 100,
    })
    .showHelpAfterError('(helios --help lists what there is)')
    .option('--url <address>', 'the Helios to talk to (HELIOS_URL; http://127.0.0.1:7311)')
    .option('--json', 'one JSON object with "v":1 on stdout; NDJSON where rows go on')
    .option('-q, --quiet', 'only data and errors')
    .option('--no-color', 'no colours (also NO_COLOR; FORCE_COLOR=1 forces them)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--debug', 'errors with their stack')
    .option('-V, --version', 'versions of Helios, Node and DuckDB');
  withExamples(program, [
    'start --demo                      a shop with live events, its pipeline and tables',
    'sql                               ask it anything',
    `sql -c 'select count(*) from shop_events'`,
    'pipeline create shop pipeline.sql',
    'tail shop_events',
  ]);
  addStartCommand(program, run);
  addRunCommand(program, run);
  addSqlCommand(program, run);
  addPipelineCommand(program, run);
  addTableCommand(program, run);
  addStreamCommand(program, run);
  addConnectionCommand(program, run);
  addPeekCommand(program, run);
  addConnectCommand(program, run);
  addTailCommand(program, run);
  addGenerateCommand(program, run);
  addDoctorCommand(program, run);
  addConfigCommand(program, run);
  addCompletionCommand(program, run);
  return program;
}
