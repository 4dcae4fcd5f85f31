import type { Command } from 'commander';
import { found, type NamedFinding } from '../../doctor/check.ts';
import { dataDirectoryChecks } from '../../doctor/data-directory.ts';
import { machineChecks } from '../../doctor/machine.ts';
import { serverChecks } from '../doctor/server.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, type Runner } from './command.ts';

export function addDoctorCommand(program: Command, run: Runner): void {
  const doctor = program
    .command('doctor')
    .description('what is wrong with this machine or setup, and what to do')
    .option('--data <dir>', 'the data directory to look at (./helios-data)')
    .option('--host <host>', 'interface that Helios would listen on (127.0.0.1)')
    .option('--port <port>', 'port that Helios would listen on (7311)');
  withExamples(doctor, ['doctor', 'doctor --data /var/lib/helios', 'doctor --json']);
  onCall(doctor, run, examine);
}

/** Exit code 1 if anything fails: then Helios can't work here. */
async function examine(scope: Scope): Promise<number> {
  const { config, client, signal, output } = scope;
  const { clock } = scope.context;
  const checks = [
    ...machineChecks(clock),
    ...dataDirectoryChecks(scope.path(config.data), { clock, isHeld: false }),
    ...serverChecks(client, config, signal),
  ];
  const findings: NamedFinding[] = [];
  for (const check of checks) {
    signal.throwIfAborted();
    const finding = await found(check);
    findings.push(finding);
    if (!output.isJson) await say(scope, finding);
  }
  const hasFailed = findings.some((finding) => finding.status === 'fail');
  if (output.isJson) await output.json({ ok: !hasFailed, checks: findings });
  return hasFailed ? 1 : 0;
}

const looks = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

async function say({ output }: Scope, finding: NamedFinding): Promise<void> {
  const status = output.paint(looks[finding.status], finding.status.padEnd(4));
  await output.line(`${status}  ${finding.name}: ${finding.message}`);
  if (finding.status !== 'ok') await output.line(`      ${finding.why}`);
  if (finding.hint !== undefined) await output.line(`      ${finding.hint}`);
}
