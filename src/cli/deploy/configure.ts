import type { Command } from 'commander';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';
import { openAccount } from './open-account.ts';
import { loadIfThere, saveSettings } from './settings-file.ts';
import { type SettingsFlags, withSettingsFlags } from './settings-flags.ts';
import { askedSettings, withFlags } from './settings-of-deploy.ts';

type ConfigureFlags = SettingsFlags & { readonly yes?: boolean; readonly check: boolean };

export function addConfigureCommand(program: Command, run: Runner): void {
  const configure = withSettingsFlags(program.command('configure'))
    .description('what helios deploy makes in AWS: asks, checks, and writes helios.deploy.yaml')
    .option('--no-check', 'ask nothing of AWS')
    .option('-y, --yes', 'ask nothing: flags answer, and what is usual');
  withExamples(configure, [
    'configure',
    'configure --name shop --region eu-central-1 --profile work --yes',
    'configure --size medium          changes what is written',
  ]);
  onCall<ConfigureFlags>(configure, run, (scope, { options }) => configureDeploy(scope, options));
}

async function configureDeploy(scope: Scope, flags: ConfigureFlags): Promise<void> {
  const { output } = scope;
  const written = await loadIfThere(scope, flags.file);
  const settings =
    written === undefined
      ? await askedSettings(scope, flags, flags.yes === true)
      : withFlags(written, flags);
  if (flags.check) {
    using account = await openAccount(scope, settings);
    const { bucketNameOf } = await import('../../deploy/aws/life/blueprint.ts');
    const { preflight } = await import('../../deploy/aws/life/preflight.ts');
    const { found } = await preflight(account, {
      settings,
      isSimulated: flags.permissionCheck,
      bucketName: (accountId) => bucketNameOf(settings, accountId),
    });
    for (const line of found) output.talk(line);
  }
  await saveSettings(scope, flags.file, settings);
  if (output.isJson) return await output.json({ file: flags.file, settings });
  output.talk('Next: helios deploy --dry-run shows what would be made; helios deploy makes it.');
}
