import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';
import { detachable } from './detach.ts';
import { openAccount } from './open-account.ts';
import { withFileFlag } from './settings-flags.ts';
import { loadSettings } from './settings-file.ts';
import { TerminalPerson } from './terminal-person.ts';

type DestroyFlags = {
  readonly file: string;
  readonly yes?: boolean;
  readonly deleteData?: boolean;
  readonly confirm?: string;
};

export function addDestroyCommand(program: Command, run: Runner): void {
  const destroy = withFileFlag(program.command('destroy'))
    .description('take everything away but the data; says what goes and what stays')
    .option('--delete-data', 'the data too, every version of it, for good')
    .option('--confirm <bucket>', "the data bucket's name, typed beforehand, for --delete-data")
    .option('-y, --yes', 'do not ask; data is deleted only with --confirm too');
  withExamples(destroy, [
    'destroy                          keeps the bucket with the data',
    'destroy --delete-data            asks for the name of the bucket',
  ]);
  onCall<DestroyFlags>(destroy, run, (scope, { options }) => takeAway(scope, options));
}

async function takeAway(scope: Scope, flags: DestroyFlags): Promise<number> {
  const { output, signal } = scope;
  const settings = await loadSettings(scope, flags.file);
  using account = await openAccount(scope, settings);
  const { destroyStack } = await import('../../deploy/aws/life/destroy.ts');
  const person = new TerminalPerson(scope, {
    isYes: flags.yes === true,
    typed: { flag: '--confirm', word: flags.confirm },
  });
  return await detachable(scope, 'helios destroy', async () => {
    const isDataDeleted = flags.deleteData === true;
    const { keptBucket, left } = await destroyStack(account, {
      settings,
      isDataDeleted,
      person,
      signal,
    });
    if (left.length > 0) throw leftOver(left);
    if (output.isJson) return output.json({ kept_bucket: keptBucket ?? null, left: [] });
    await output.line(
      `Gone: AWS's inventory has nothing tagged helios:stack=${settings.name} any more` +
        (keptBucket === undefined ? '.' : `, but the bucket ${keptBucket}, which stays.`),
    );
  });
}

function leftOver(left: readonly string[]): HeliosError {
  return new HeliosError('conflict', `AWS still lists ${left.length}: ${left.join(', ')}.`, {
    hint:
      "AWS's inventory lags behind for some kinds: run helios destroy again in some minutes. " +
      'What stays then, delete by its ARN in the AWS console.',
    details: { left },
  });
}
