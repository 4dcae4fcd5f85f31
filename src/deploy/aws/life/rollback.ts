import { HeliosError } from '../../../base/errors.ts';
import { type DeploySettings, stackName } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import type { Person } from '../person.ts';
import { createChangeSet, executeChangeSet } from '../stack/change-set.ts';
import { planInWords } from '../stack/plan-words.ts';
import { endingFailure, followStack } from '../stack/progress.ts';
import { ownerTag } from '../stack/stack.ts';
import { newestEvent } from '../stack/watch.ts';
import { findStack } from './find-stack.ts';
import { parseReleaseKey, type Release, releaseBefore, releasesIn } from './release.ts';

export type RollbackRequest = {
  readonly settings: DeploySettings;
  readonly person: Person;
  readonly signal: AbortSignal;
};

/**
 * Puts the bundle that ran before in place of the one that runs; everything else of the stack stays
 * as it is. Run again, it goes back one more. `not_found` where there is none before.
 */
export async function rollBack(account: AwsAccount, request: RollbackRequest): Promise<Release> {
  const { settings, person, signal } = request;
  const stack = await findStack(account, settings);
  const bucket = stack.outputs['Bucket'] ?? '';
  const currentKey = stack.parameters['BundleKey'] ?? '';
  const target = releaseBefore(await releasesIn(account, bucket), currentKey);
  const current = parseReleaseKey(currentKey)?.version ?? 'what runs';
  if (target === undefined) {
    throw new HeliosError('not_found', `There is no bundle before ${current} in ${bucket}.`, {
      hint: 'Install the version of Helios that you want on this machine, and helios deploy it.',
    });
  }
  const changeSet = await createChangeSet(account, {
    stackName: stackName(settings),
    type: 'UPDATE',
    template: 'previous',
    parameters: {
      ...Object.fromEntries(Object.keys(stack.parameters).map((key) => [key, undefined])),
      BundleKey: target.key,
      BundleSha256: target.sha256,
      HeliosVersion: target.version,
    },
    tags: { [ownerTag]: settings.name },
    signal,
  });
  const uploaded = new Date(target.uploadedAtMs).toISOString();
  person.say(`Back from ${current} to Helios ${target.version}, uploaded ${uploaded}.`);
  for (const line of planInWords(changeSet.changes)) person.say(line);
  await person.confirm('Do this? The state stays, and no acknowledged event is lost.');
  const after = await newestEvent(account, stack.id);
  await executeChangeSet(account, changeSet);
  const ending = await followStack(account, { stackId: stack.id, after, person, signal });
  if (ending.status !== 'UPDATE_COMPLETE') {
    throw endingFailure(`${stack.name} could not go back`, ending);
  }
  return target;
}
