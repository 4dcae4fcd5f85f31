import { Command } from 'commander';
import { HeliosError } from '../base/errors.ts';
import { withExamples, type GlobalOptions, type Runner } from './commands/command.ts';
import type { ConfigKey } from './config.ts';
import type { CliContext } from './context.ts';
import { reportFailure } from './failures.ts';
import { Output } from './output.ts';
import { loadConfig, Scope } from './scope.ts';
import { versionLine } from './version.ts';

/**
 * Commands in the order of the help. What a command doesn't need isn't loaded: that is most of the
 * time until it begins.
 */
const commands: Readonly<Record<string, () => Promise<(program: Command, run: Runner) => void>>> = {
  start: async () => (await import('./commands/start.ts')).addStartCommand,
  run: async () => (await import('./commands/run.ts')).addRunCommand,
  sql: async () => (await import('./commands/sql.ts')).addSqlCommand,
  pipeline: async () => (await import('./commands/pipeline.ts')).addPipelineCommand,
  table: async () => (await import('./commands/table.ts')).addTableCommand,
  quarantine: async () => (await import('./quarantine/quarantine.ts')).addQuarantineCommand,
  stream: async () => (await import('./commands/stream.ts')).addStreamCommand,
  connection: async () => (await import('./commands/connection.ts')).addConnectionCommand,
  dashboard: async () => (await import('./dashboard/dashboard.ts')).addDashboardCommand,
  peek: async () => (await import('./commands/peek.ts')).addPeekCommand,
  connect: async () => (await import('./commands/connect.ts')).addConnectCommand,
  tail: async () => (await import('./commands/tail.ts')).addTailCommand,
  generate: async () => (await import('./commands/generate.ts')).addGenerateCommand,
  token: async () => (await import('./access/token.ts')).addTokenCommand,
  login: async () => (await import('./access/login.ts')).addLoginCommand,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  configure: async () => (await import('./deploy/configure.ts')).addConfigureCommand,
  deploy: async () => (await import('./deploy/deploy.ts')).addDeployCommand,
  status: async () => (await import('./deploy/status.ts')).addStatusCommand,
  logs: async () => (await import('./deploy/logs.ts')).addLogsCommand,
  rollback: async () => (await import('./deploy/rollback.ts')).addRollbackCommand,
  destroy: async () => (await import('./deploy/destroy.ts')).addDestroyCommand,
  bundle: async () => (await import('./deploy/bundle.ts')).addBundleCommand,
  observe: async () => (await import('./deploy/observe.ts')).addObserveCommand,
  config: async () => (await import('./commands/config.ts')).addConfigCommand,
  completion: async () => (await import('./commands/completion.ts')).addCompletionCommand,
};

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
    const program = await createProgram(context, invocation.run, words[0] ?? '');
    await program.parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' });
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
    token: given['token'],
    public_url: given['publicUrl'],
    require_token: given['requireToken'],
    admin_token: given['adminToken'],
    origin_secret: given['originSecret'],
    log_level: given['logLevel'],
    allowed_origins: given['allowedOrigins'],
    cache_size: given['cacheSize'],
    max_rows: given['maxRows'],
    state: given['state'],
    state_interval: given['stateInterval'],
    ack: given['ack'],
    ack_interval: given['ackInterval'],
  };
}

/** With the one command that the line begins with, or else with all of them. */
async function createProgram(context: CliContext, run: Runner, first: string): Promise<Command> {
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
    .option('--token <reference>', 'the token to send, as env:NAME or file:PATH (HELIOS_TOKEN)')
    .option('--json', 'one JSON object with "v":1 on stdout; NDJSON where rows go on')
    .option('-q, --quiet', 'only data and errors')
    .option('--no-color', 'no colours (also NO_COLOR; FORCE_COLOR=1 forces them)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--debug', 'errors with their stack');
  withExamples(program, [
    'start --demo                      a shop with live events, its pipeline and tables',
    'sql                               ask it anything',
    `sql -c 'select count(*) from shop_events'`,
    'pipeline create shop pipeline.sql',
    'tail shop_events',
  ]);
  // The help, the script for shells and what can't be found tell of all commands.
  const isOne = first !== 'completion' && Object.hasOwn(commands, first);
  // Among the options of one command it would take the place of that command's own.
  if (!isOne) program.option('-V, --version', 'versions of Helios, Node and DuckDB');
  for (const name of isOne ? [first] : Object.keys(commands)) {
    const addCommand = await commands[name]?.();
    addCommand?.(program, run);
  }
  return program;
}
