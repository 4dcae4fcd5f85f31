import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { Bundle } from '../../deploy/bundle/bundle.ts';
import { type BundleTarget, nodeBuilds } from '../../deploy/bundle/node-builds.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';

type BundleFlags = { readonly target?: string; readonly directory?: string };

export function addBundleCommand(program: Command, run: Runner): void {
  const bundle = program
    .command('bundle')
    .description('one file with Node, Helios and its packages, for a machine without any of them')
    .option('--target <machine>', `${Object.keys(nodeBuilds).join(' or ')} (as this machine)`)
    .option('--directory <dir>', 'where it goes (here)');
  withExamples(bundle, ['bundle', 'bundle --target linux-arm64 --directory /tmp']);
  onCall<BundleFlags>(bundle, run, (scope, { options }) => writeBundle(scope, options));
}

/** With its checksum beside it, as `sha256sum --check` reads it. */
async function writeBundle(scope: Scope, flags: BundleFlags): Promise<void> {
  const { output } = scope;
  const target = targetOf(flags.target);
  const directory = scope.path(flags.directory ?? '.');
  await mkdir(directory, { recursive: true });
  const bundle = await bundleFor(scope, target, directory, (step) => output.talk(`${step} …`));
  await writeFile(`${bundle.path}.sha256`, `${bundle.sha256}  ${basename(bundle.path)}\n`);
  if (output.isJson) return await output.json({ target, ...bundle });
  await output.line(bundle.path);
  output.talk(`${(bundle.bytes / 1e6).toFixed(1)} MB, sha256 ${bundle.sha256}`);
}

/** Made of the Helios that runs this. */
async function bundleFor(
  { context, signal }: Scope,
  target: BundleTarget,
  directory: string,
  onStep: (step: string) => void,
): Promise<Bundle> {
  const { makeBundle } = await import('../../deploy/bundle/bundle.ts');
  return await makeBundle({
    target,
    packageRoot: dirname(context.examplesDirectory),
    version: context.version,
    directory,
    environment: context.environment,
    workingDirectory: context.workingDirectory,
    signal,
    onStep,
  });
}

function targetOf(given: string | undefined): BundleTarget {
  const name = given ?? `linux-${process.arch}`;
  const isTarget = (one: string): one is BundleTarget => Object.hasOwn(nodeBuilds, one);
  if (isTarget(name)) return name;
  throw new HeliosError('invalid_request', `There is no bundle for "${name}".`, {
    hint: `Give --target ${Object.keys(nodeBuilds).join(' or --target ')}.`,
  });
}
