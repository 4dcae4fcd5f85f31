import type { Command } from 'commander';
import type { CostSoFar } from '../../deploy/aws/life/cost.ts';
import type { DeployStatus } from '../../deploy/aws/life/status.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import { durationText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { openAccount } from './open-account.ts';
import { withFileFlag } from './settings-flags.ts';
import { loadSettings } from './settings-file.ts';

type StatusFlags = { readonly file: string; readonly cost: boolean };

export function addStatusCommand(program: Command, run: Runner): void {
  const status = withFileFlag(program.command('status'))
    .description('how the deployed Helios is: version, lag, freshness, cost')
    .option('--no-cost', "don't ask Cost Explorer, which takes $0.01 for each question");
  withExamples(status, ['status', 'status --json', 'status --no-cost']);
  onCall<StatusFlags>(status, run, (scope, { options }) => showStatus(scope, options));
}

/** 1 where it doesn't answer, so that scripts notice. */
async function showStatus(scope: Scope, flags: StatusFlags): Promise<number> {
  const { output, signal } = scope;
  const settings = await loadSettings(scope, flags.file);
  using account = await openAccount(scope, settings);
  const { deployStatus } = await import('../../deploy/aws/life/status.ts');
  const options = { isCostAsked: flags.cost, signal };
  const status = await scope.withProgress(() => deployStatus(account, settings, options));
  const isWell = typeof status.health !== 'string';
  if (output.isJson) await output.json({ ...status, is_well: isWell });
  else for (const line of linesOf(status)) await output.line(line);
  return isWell ? 0 : 1;
}

function linesOf(status: DeployStatus): readonly string[] {
  const { health, pipelines, tables } = status;
  return [
    `stack     ${status.stack}: ${status.stackStatus}`,
    `address   ${status.url ?? 'none yet'}`,
    `version   ${versionText(status)}`,
    `health    ${healthText(health)}`,
    ...pipelines.map(
      ({ name, state, lagRecords, lagMs }) =>
        `pipeline  ${name}: ${[state, lagText(lagRecords, lagMs)].filter(Boolean).join(', ')}`,
    ),
    ...tables.flatMap(({ name, newestEvent }) =>
      newestEvent === undefined ? [] : [`table     ${name}: newest event ${newestEvent}`],
    ),
    `cost      ${costText(status.cost)}; estimated: $${status.estimateUsd.toFixed(2)} a month`,
  ];
}

function versionText({ deployedVersion, health }: DeployStatus): string {
  const deployed = deployedVersion ?? 'none yet';
  if (typeof health === 'string' || health.version === deployedVersion) return deployed;
  return `${deployed} deployed, ${health.version} answers`;
}

function healthText(health: DeployStatus['health']): string {
  return typeof health === 'string' ? health : `ready for ${durationText(health.uptime_ms)}`;
}

function lagText(records: number | undefined, lagMs: number | undefined): string {
  if (lagMs !== undefined) return `${durationText(lagMs)} behind`;
  return records === undefined ? '' : `${groupDigits(records)} records behind`;
}

function costText(cost: CostSoFar): string {
  if (cost.kind === 'unknown') return `this month not known: ${cost.why}`;
  return `$${cost.usd.toFixed(2)} this month until ${cost.until}`;
}
