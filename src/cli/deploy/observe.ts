import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import { ReferencedSecrets } from '../../connection/secrets.ts';
import { LogShipper } from '../../deploy/observe/log-shipper.ts';
import { watchMetrics } from '../../deploy/observe/watch-metrics.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';

type ObserveFlags = { readonly to?: string };

/** For machines that `helios deploy` has made, which start it; a person has no use for it. */
export function addObserveCommand(program: Command, run: Runner): void {
  const observe = program
    .command('observe', { hidden: true })
    .description("a deployed machine's own: says each minute how Helios is, for its alarms")
    .option('--to <where>', 'cloudwatch: put that, and the lines of stdin, into its log');
  withExamples(observe, ['observe', 'journalctl -fo cat | helios observe --to cloudwatch']);
  onCall<ObserveFlags>(observe, run, (scope, { options }) => observeHelios(scope, options));
}

async function observeHelios(scope: Scope, { to }: ObserveFlags): Promise<void> {
  if (to === undefined) return await watch(scope, (line) => void scope.output.line(line));
  if (to !== 'cloudwatch') {
    throw new HeliosError('invalid_request', `--to ${to} is not known; there is --to cloudwatch.`);
  }
  const shipper = await shipperOf(scope);
  const lines = createInterface({ input: scope.context.stdin });
  const ended = AbortSignal.any([scope.signal, whenClosed(lines)]);
  lines.on('line', (line) => shipper.add(line));
  await Promise.all([shipper.run(ended), watch(scope, (line) => shipper.add(line), ended)]);
}

async function watch(
  scope: Scope,
  say: (line: string) => void,
  signal: AbortSignal = scope.signal,
): Promise<void> {
  const { environment, clock } = scope.context;
  const context = contextOf(scope);
  const reference = scope.config.admin_token;
  const ask = async (limit: AbortSignal): Promise<string> => {
    const token = reference === '' ? undefined : await context.secrets.resolve(reference);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${scope.config.url}/metrics`, { headers, signal: limit });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return await answer.text();
  };
  await watchMetrics({ stack: environment['HELIOS_STACK'] ?? '', ask, say, clock, signal });
}

async function shipperOf(scope: Scope): Promise<LogShipper> {
  const { environment, clock, stderr } = scope.context;
  const { CloudWatchLogs } = await import('../../deploy/observe/cloudwatch-logs.ts');
  const logs = new CloudWatchLogs(
    {
      group: needed(scope, 'HELIOS_LOG_GROUP'),
      stream: environment['HELIOS_INSTANCE'] ?? 'helios',
      region: needed(scope, 'AWS_REGION'),
    },
    contextOf(scope),
  );
  return new LogShipper({
    send: (events) => logs.put(events),
    clock,
    onTrouble: (words) => void stderr.write(`${words}\n`),
  });
}

function contextOf({ context }: Scope): ConnectionContext {
  const { environment, clock, random } = context;
  return { ...{ environment, clock, random }, secrets: new ReferencedSecrets(context) };
}

function needed({ context }: Scope, name: string): string {
  const value = context.environment[name];
  if (value !== undefined && value !== '') return value;
  throw new HeliosError('invalid_request', `${name} is not set.`, {
    hint: 'The machines of helios deploy have it; elsewhere there is no need for this command.',
  });
}

/** Aborts when no more lines come. */
function whenClosed(lines: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const controller = new AbortController();
  lines.once('close', () => controller.abort());
  return controller.signal;
}
