import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { AwsAccount } from '../../deploy/aws/account/account.ts';
import type { Deployed, DeployBundle } from '../../deploy/aws/life/deploy.ts';
import type { DeploySettings } from '../../deploy/settings/settings.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';
import { detachable } from './detach.ts';
import { howToGoOn } from './how-to-go-on.ts';
import { openAccount } from './open-account.ts';
import { settingsOfDeploy } from './settings-of-deploy.ts';
import { saveSettings } from './settings-file.ts';
import { type SettingsFlags, withSettingsFlags } from './settings-flags.ts';
import { TerminalPerson } from './terminal-person.ts';

export type DeployFlags = SettingsFlags & {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly printTemplate?: boolean;
  readonly addStream?: readonly string[];
  readonly detach?: boolean;
  readonly bundle?: string;
  readonly keepBucket?: boolean;
  readonly emptyBucket?: string;
};

export function addDeployCommand(program: Command, run: Runner): void {
  const deploy = withSettingsFlags(program.command('deploy'))
    .description("Helios into an AWS account of one's own: plan, ask, make, prove; again: upgrade")
    .option('--dry-run', 'the plan alone; nothing stays of it')
    .option('-y, --yes', 'do not ask')
    .option('--print-template', "CloudFormation's template alone; asks nothing of AWS")
    .option('--add-stream <arn>', 'let it read one more Kinesis stream; repeat it', collect)
    .option('--detach', 'do not wait for the end')
    .option('--bundle <file>', 'one that was made before, by its path')
    .option('--keep-bucket', 'a full bucket of a broken stack stays, and is used again')
    .option('--empty-bucket <bucket>', 'or all data in it is deleted; its name confirms it');
  withExamples(deploy, [
    'deploy                           asks what helios.deploy.yaml does not say',
    'deploy --dry-run',
    'deploy --add-stream arn:aws:kinesis:eu-central-1:111122223333:stream/clicks',
    'deploy --name shop --region eu-central-1 --yes',
  ]);
  onCall<DeployFlags>(deploy, run, (scope, { options }) => deployHelios(scope, options));
}

async function deployHelios(scope: Scope, flags: DeployFlags): Promise<number> {
  const settings = await settingsOfDeploy(scope, flags);
  if (flags.printTemplate === true) {
    const { stackTemplate } = await import('../../deploy/template/stack.ts');
    await scope.output.line(JSON.stringify(stackTemplate(settings), null, 2));
    return 0;
  }
  using account = await openAccount(scope, settings);
  const startMs = scope.context.clock.monotonicMs();
  return await detachable(scope, 'helios deploy', async () => {
    const deployed = await withBundle(scope, flags, async (makeBundle) =>
      deployWith(scope, flags, { account, settings, makeBundle }),
    );
    await conclude(scope, deployed, { account, settings, startMs });
  });
}

type Parts = {
  readonly account: AwsAccount;
  readonly settings: DeploySettings;
  readonly makeBundle: () => Promise<DeployBundle>;
};

async function deployWith(
  scope: Scope,
  flags: DeployFlags,
  { account, settings, makeBundle }: Parts,
): Promise<Deployed> {
  const { deployStack } = await import('../../deploy/aws/life/deploy.ts');
  const person = new TerminalPerson(scope, {
    isYes: flags.yes === true,
    chosen: flags.keepBucket === true ? 'keep' : flags.emptyBucket && 'empty',
    typed: { flag: '--empty-bucket', word: flags.emptyBucket },
  });
  return await deployStack(account, {
    settings,
    version: scope.context.version,
    makeBundle,
    isSimulated: flags.permissionCheck,
    isDryRun: flags.dryRun === true,
    isDetached: flags.detach === true,
    onAgreed: async (agreed) => await saveSettings(scope, flags.file, agreed),
    person,
    signal: scope.signal,
  });
}

type Conclusion = Omit<Parts, 'makeBundle'> & { readonly startMs: number };

/** Proves that it answers, and says how to go on. */
async function conclude(
  scope: Scope,
  deployed: Deployed,
  { account, settings, startMs }: Conclusion,
): Promise<void> {
  const { output } = scope;
  if (deployed.kind === 'planned') {
    if (output.isJson) return await output.json({ planned: deployed.changes });
    return output.talk('That was the plan; nothing was changed.');
  }
  if (deployed.kind === 'detached') {
    if (output.isJson) return await output.json({ detached: true });
    return output.talk(
      'CloudFormation goes on alone. helios deploy again waits for it, and checks.',
    );
  }
  const { proveAnswers } = await import('../../deploy/aws/life/prove.ts');
  const person = new TerminalPerson(scope, { isYes: true });
  const proof = await proveAnswers(account, deployed, { person, signal: scope.signal });
  const { url, version } = proof;
  const tookMs = scope.context.clock.monotonicMs() - startMs;
  if (output.isJson) {
    return await output.json({
      url,
      version,
      bucket: deployed.bucket,
      took_ms: Math.round(tookMs),
    });
  }
  const at = output.paint('bold', url);
  await output.line(`Helios ${version} is at ${at}  (data in ${deployed.bucket})`);
  await output.line('');
  for (const line of howToGoOn(proof, settings)) await output.line(line);
}

/** Made in a folder that is gone afterwards, unless it is given. */
async function withBundle<T>(
  scope: Scope,
  { bundle }: DeployFlags,
  work: (makeBundle: () => Promise<DeployBundle>) => Promise<T>,
): Promise<T> {
  if (bundle !== undefined) return await work(async () => await givenBundle(scope.path(bundle)));
  const directory = await mkdtemp(join(tmpdir(), 'helios-bundle-'));
  try {
    return await work(async () => await newBundle(scope, directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function newBundle(scope: Scope, directory: string): Promise<DeployBundle> {
  const { context, signal } = scope;
  const { makeBundle } = await import('../../deploy/bundle/bundle.ts');
  const person = new TerminalPerson(scope, { isYes: true });
  const bundle = await makeBundle({
    target: 'linux-arm64',
    packageRoot: dirname(context.examplesDirectory),
    version: context.version,
    directory,
    environment: context.environment,
    workingDirectory: context.workingDirectory,
    signal,
    onStep: (step) => person.status(`bundle: ${step}`),
  });
  person.status('');
  return bundle;
}

async function givenBundle(path: string): Promise<DeployBundle> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { path, sha256: hash.digest('hex'), bytes: (await stat(path)).size };
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
