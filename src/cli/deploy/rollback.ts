import type { Command } from 'commander';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';
import { detachable } from './detach.ts';
import { openAccount } from './open-account.ts';
import { withFileFlag } from './settings-flags.ts';
import { loadSettings } from './settings-file.ts';
import { TerminalPerson } from './terminal-person.ts';

type RollbackFlags = { readonly file: string; readonly yes?: boolean };

export function addRollbackCommand(program: Command, run: Runner): void {
  const rollback = withFileFlag(program.command('rollback'))
    .description('put the bundle that ran before back; the state stays')
    .option('-y, --yes', 'do not ask');
  withExamples(rollback, ['rollback', 'rollback --yes']);
  onCall<RollbackFlags>(rollback, run, (scope, { options }) => goBack(scope, options));
}

async function goBack(scope: Scope, flags: RollbackFlags): Promise<number> {
  const { output, signal } = scope;
  const settings = await loadSettings(scope, flags.file);
  using account = await openAccount(scope, settings);
  const { rollBack } = await import('../../deploy/aws/life/rollback.ts');
  const person = new TerminalPerson(scope, { isYes: flags.yes === true });
  return await detachable(scope, 'helios rollback', async () => {
    const { version, sha256 } = await rollBack(account, { settings, person, signal });
    if (output.isJson) return output.json({ version, sha256 });
    await output.line(`Helios ${version} runs again.`);
  });
}
