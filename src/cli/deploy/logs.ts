import type { Command } from 'commander';
import { logGroupName } from '../../deploy/settings/settings.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import { parseDurationMs } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { openAccount } from './open-account.ts';
import { withFileFlag } from './settings-flags.ts';
import { loadSettings } from './settings-file.ts';

type LogsFlags = { readonly file: string; readonly follow?: boolean; readonly since: number };

const sinceDefaultMs = 600_000;

export function addLogsCommand(program: Command, run: Runner): void {
  const logs = withFileFlag(program.command('logs'))
    .description('what the deployed Helios and its machine say')
    .option('--follow', 'go on with what comes, until Ctrl+C')
    .option('--since <duration>', 'from so long ago (10m)', parseDurationMs, sinceDefaultMs);
  withExamples(logs, ['logs', 'logs --since 2h', 'logs --follow']);
  onCall<LogsFlags>(logs, run, (scope, { options }) => showLogs(scope, options));
}

async function showLogs(scope: Scope, flags: LogsFlags): Promise<void> {
  const { output, context, signal } = scope;
  const settings = await loadSettings(scope, flags.file);
  using account = await openAccount(scope, settings);
  const { logLines } = await import('../../deploy/aws/life/logs.ts');
  const lines = logLines(account, {
    group: logGroupName(settings),
    sinceMs: context.clock.nowMs() - flags.since,
    isFollowed: flags.follow === true,
    signal,
  });
  let count = 0;
  for await (const { atMs, stream, text } of lines) {
    count += 1;
    const at = new Date(atMs).toISOString();
    if (output.isJson) await output.line(JSON.stringify({ at, stream, text }));
    else await output.line(`${output.paint('dim', at)}  ${text}`);
  }
  if (count === 0) output.talk('Nothing was said in that time. Earlier: --since 1d.');
}
