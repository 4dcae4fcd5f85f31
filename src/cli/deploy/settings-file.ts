import { writeFile } from 'node:fs/promises';
import { HeliosError } from '../../base/errors.ts';
import type { DeploySettings } from '../../deploy/settings/settings.ts';
import { inSource } from '../failures.ts';
import type { Scope } from '../scope.ts';
import { noSettings } from './settings-flags.ts';

/** The settings in a file; `not_found`, or `invalid_config` with all that is wrong in it. */
export async function loadSettings(scope: Scope, file: string): Promise<DeploySettings> {
  const settings = await loadIfThere(scope, file);
  if (settings === undefined) throw noSettings(file);
  return settings;
}

/** Undefined where there is no such file. */
export async function loadIfThere(scope: Scope, file: string): Promise<DeploySettings | undefined> {
  const { parseSettings } = await import('../../deploy/settings/parse-settings.ts');
  try {
    const source = await scope.readText(file);
    return await inSource(source, async () => await parseSettings(source));
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'not_found') return undefined;
    throw thrown;
  }
}

/** Writes the file, unless it says the same already: comments of its owner stay then. */
export async function saveSettings(
  scope: Scope,
  file: string,
  settings: DeploySettings,
): Promise<void> {
  const { settingsText } = await import('../../deploy/settings/write-settings.ts');
  const text = settingsText(settings);
  const before = await loadIfThere(scope, file);
  if (before !== undefined && settingsText(before) === text) return;
  await writeFile(scope.path(file), text);
  scope.output.talk(`Wrote ${file}: no secret is in it, keep it with your code.`);
}
