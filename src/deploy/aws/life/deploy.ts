import { newSecret, newToken } from '../../../access/token.ts';
import { HeliosError } from '../../../base/errors.ts';
import { type DeploySettings, parameterPath, stackName } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import { bucketState, uploadFile } from '../account/bucket.ts';
import { keptSecret, readSecret } from '../account/parameters.ts';
import { cloudFrontPrefixList } from '../account/prefix-list.ts';
import type { Person } from '../person.ts';
import {
  type Change,
  type ChangeSet,
  createChangeSet,
  deleteChangeSet,
  deleteShell,
  executeChangeSet,
} from '../stack/change-set.ts';
import { endingFailure, followStack } from '../stack/progress.ts';
import { settleStack } from '../stack/settle.ts';
import { describeStack, ownerTag, resourcesOf, isThere, type Stack } from '../stack/stack.ts';
import { newestEvent } from '../stack/watch.ts';
import { type Blueprint, blueprintOf, bucketNameOf } from './blueprint.ts';
import { isLeft, preflight, type Preflight } from './preflight.ts';
import { releaseKey } from './release.ts';
import { tellPlan } from './tell-plan.ts';

export type DeployBundle = {
  readonly path: string;
  /** In hex. */
  readonly sha256: string;
  readonly bytes: number;
};

export type DeployRequest = {
  readonly settings: DeploySettings;
  /** Helios's own, which the bundle holds. */
  readonly version: string;
  readonly makeBundle: () => Promise<DeployBundle>;
  /** Whether IAM is asked what the person may do. */
  readonly isSimulated: boolean;
  /** The plan alone; nothing stays of it. */
  readonly isDryRun: boolean;
  /** Ends once CloudFormation has all it needs to go on alone. */
  readonly isDetached: boolean;
  /** Called with what is deployed once the person has agreed, before anything changes. */
  readonly onAgreed: (settings: DeploySettings) => Promise<void>;
  readonly person: Person;
  readonly signal: AbortSignal;
};

export type Deployed =
  | { readonly kind: 'planned'; readonly changes: readonly Change[] }
  | { readonly kind: 'detached' }
  | {
      readonly kind: 'deployed';
      readonly stack: Stack;
      readonly bucket: string;
      readonly adminToken: string;
      /** Nobody has seen the token yet. */
      readonly isTokenNew: boolean;
      readonly changes: readonly Change[];
    };

/**
 * Brings what stands in the account to what the settings say, from whatever state: looks, plans,
 * asks, executes, follows. A run that is interrupted at any moment is gone on with by the next.
 *
 * A new stack takes two executions: the first makes the bucket, the bundle is uploaded to it, the
 * second makes the rest, which needs it. One that has a bundle takes one.
 */
export async function deployStack(account: AwsAccount, request: DeployRequest): Promise<Deployed> {
  const { settings, person, isDryRun } = request;
  const looked = await preflight(account, {
    settings,
    isSimulated: request.isSimulated,
    bucketName: (accountId) => bucketNameOf(settings, accountId),
  });
  for (const line of looked.found) person.say(line);
  if (isDryRun && !isAtRest(looked)) return unsettled(looked, person);
  const bundle = await request.makeBundle();
  const stack = await settled(account, request, looked);
  const adopted = await withLeftBucket(account, request, { stack, looked });
  const run = new Run(account, { ...request, settings: adopted }, bundle);
  return await run.deploy(stack);
}

function isAtRest({ step }: Preflight): boolean {
  return step.kind === 'create' || step.kind === 'update';
}

function unsettled({ stack, step }: Preflight, person: Person): Deployed {
  const first = { wait: 'waits for that', delete: 'deletes what is left of it' } as const;
  const what = step.kind === 'wait' || step.kind === 'delete' ? first[step.kind] : 'undoes it';
  person.say(`The stack is ${stack?.status}: helios deploy first ${what}, then plans anew.`);
  return { kind: 'planned', changes: [] };
}

/** Deleting what an earlier run left is asked for, as it can't be undone. */
async function settled(
  account: AwsAccount,
  { settings, person, signal }: DeployRequest,
  { step }: Preflight,
): Promise<Stack | undefined> {
  const name = stackName(settings);
  if (step.kind === 'delete') {
    await person.confirm(`${step.why} Delete what is left of ${name}, and make it anew?`);
  }
  return await settleStack(account, {
    stackName: name,
    owner: settings.name,
    bucket: 'ask',
    person,
    signal,
  });
}

/** The bucket that an earlier stack of this name left is used again: it holds the data. */
async function withLeftBucket(
  account: AwsAccount,
  { settings, person }: DeployRequest,
  { stack, looked }: { readonly stack: Stack | undefined; readonly looked: Preflight },
): Promise<DeploySettings> {
  if (stack !== undefined || settings.dataBucket !== undefined) return settings;
  const name = bucketNameOf(settings, looked.identity.accountId);
  if (!isLeft(await bucketState(account, name), settings)) return settings;
  person.say(
    `The bucket ${name} is there from an earlier Helios of this name: it goes on with it.`,
  );
  return { ...settings, dataBucket: name };
}

/** One deployment, from its plan to its end. */
class Run {
  readonly #account: AwsAccount;
  readonly #request: DeployRequest;
  readonly #bundle: DeployBundle;
  readonly #blueprint: Blueprint;
  readonly #stackName: string;

  constructor(account: AwsAccount, request: DeployRequest, bundle: DeployBundle) {
    this.#account = account;
    this.#request = request;
    this.#bundle = bundle;
    this.#blueprint = blueprintOf(request.settings);
    this.#stackName = stackName(request.settings);
  }

  async deploy(stack: Stack | undefined): Promise<Deployed> {
    const { settings, person, isDryRun, isDetached } = this.#request;
    const secret = await this.#originSecret();
    const bucket = settings.dataBucket ?? (await this.#bucketOf(stack));
    const isWhole = bucket !== undefined;
    const first = await this.#plan(stack, isWhole, secret);
    const changes = isWhole ? first.changes : this.#blueprint.additions;
    tellPlan(person, { blueprint: this.#blueprint, changes, isNew: stack === undefined });
    if (isDryRun) {
      await this.#takeBack(first, stack);
      return { kind: 'planned', changes };
    }
    if (changes.length > 0) await person.confirm('Do this?');
    await this.#request.onAgreed(settings);
    const token = await this.#keepSecrets(secret);
    const madeIn = bucket ?? (await this.#makeBucket(first));
    await this.#upload(madeIn);
    const last = isWhole ? first : await this.#plan(await this.#stack(), true, secret);
    if (last.changes.length > 0) await this.#execute(last, isDetached);
    if (isDetached) return { kind: 'detached' };
    return {
      kind: 'deployed',
      stack: await this.#stack(),
      bucket: madeIn,
      adminToken: token.value,
      isTokenNew: token.isNew,
      changes,
    };
  }

  /** The bucket that the stack has made; undefined before it has. */
  async #bucketOf(stack: Stack | undefined): Promise<string | undefined> {
    if (stack === undefined) return undefined;
    const resources = await resourcesOf(this.#account, stack.id);
    return resources.find((it) => it.logicalId === 'Bucket' && isThere(it))?.physicalId;
  }

  /** Before anybody has agreed nothing is kept: a new one is only in this process. */
  async #originSecret(): Promise<string> {
    const known = await readSecret(this.#account, this.#path('origin-secret'));
    return known ?? newSecret();
  }

  #path(secret: Parameters<typeof parameterPath>[1]): string {
    return parameterPath(this.#request.settings, secret);
  }

  get #tags(): Readonly<Record<string, string>> {
    return { [ownerTag]: this.#request.settings.name };
  }

  async #keepSecrets(
    originSecret: string,
  ): Promise<{ readonly value: string; readonly isNew: boolean }> {
    const tags = this.#tags;
    const origin = await keptSecret(this.#account, this.#path('origin-secret'), {
      make: () => originSecret,
      tags,
    });
    if (origin.value !== originSecret) {
      throw new HeliosError('conflict', 'Somebody else deploys the same Helios at this moment.', {
        hint: 'Run this again: it waits for that.',
      });
    }
    return await keptSecret(this.#account, this.#path('admin-token'), {
      make: () => newToken().text,
      tags,
    });
  }

  async #plan(stack: Stack | undefined, isWhole: boolean, secret: string): Promise<ChangeSet> {
    const { version, signal } = this.#request;
    const { sha256 } = this.#bundle;
    const bundle = isWhole
      ? { BundleKey: releaseKey({ sha256, version }), BundleSha256: sha256 }
      : { BundleKey: '', BundleSha256: '' };
    const values = {
      HeliosVersion: version,
      OriginSecret: secret,
      CloudFrontPrefixList: await cloudFrontPrefixList(this.#account),
      ...bundle,
    };
    const wanted = Object.entries(values).filter(([key]) => this.#blueprint.parameters.has(key));
    return await createChangeSet(this.#account, {
      stackName: this.#stackName,
      type: stack === undefined ? 'CREATE' : 'UPDATE',
      template: this.#blueprint.text,
      parameters: Object.fromEntries(wanted),
      tags: this.#tags,
      signal,
    });
  }

  /** A dry run of a stack that isn't there made the shell of one. */
  async #takeBack(changeSet: ChangeSet, stack: Stack | undefined): Promise<void> {
    if (changeSet.changes.length > 0) await deleteChangeSet(this.#account, changeSet);
    if (stack === undefined) await deleteShell(this.#account, changeSet.stackId);
  }

  async #makeBucket(first: ChangeSet): Promise<string> {
    if (first.changes.length > 0) await this.#execute(first, false);
    const bucket = await this.#bucketOf(await this.#stack());
    if (bucket !== undefined) return bucket;
    throw new HeliosError('internal', `${this.#stackName} was made, and has no bucket.`, {
      hint: 'Was it deleted by hand? helios destroy, then helios deploy, makes all anew.',
    });
  }

  async #upload(bucket: string): Promise<void> {
    const { person, version } = this.#request;
    const { sha256, bytes } = this.#bundle;
    const key = releaseKey({ sha256, version });
    const size = `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
    person.status(`uploading Helios ${version} (${size})`);
    const done = await uploadFile(this.#account, { bucket, key }, this.#bundle);
    const what = `s3://${bucket}/${key}`;
    person.say(done === 'there' ? `${what} is there already.` : `Uploaded ${what} (${size}).`);
  }

  async #execute(changeSet: ChangeSet, isDetached: boolean): Promise<void> {
    const { person, signal } = this.#request;
    const after = await newestEvent(this.#account, changeSet.stackId);
    await executeChangeSet(this.#account, changeSet);
    if (isDetached) return;
    const { stackId } = changeSet;
    const ending = await followStack(this.#account, { stackId, after, person, signal });
    if (/^(CREATE|UPDATE)_COMPLETE$/.test(ending.status)) return;
    throw endingFailure(`${this.#stackName} could not be deployed`, ending);
  }

  async #stack(): Promise<Stack> {
    const stack = await describeStack(this.#account, this.#stackName);
    if (stack !== undefined) return stack;
    throw new HeliosError('conflict', `The stack ${this.#stackName} was deleted meanwhile.`, {
      hint: 'Run this again, once nobody else works on it.',
    });
  }
}
