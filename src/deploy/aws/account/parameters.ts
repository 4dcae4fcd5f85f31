import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from './account.ts';

/** A secret that stands in SSM's parameter store. */
export type KeptSecret = {
  readonly value: string;
  /** Made by this run: nobody has seen it yet. */
  readonly isNew: boolean;
};

/**
 * The secret under a name, made and kept as a SecureString where there is none: of two that race,
 * both get the one that was kept. CloudFormation can't make these, and its events would show them.
 */
export async function keptSecret(
  account: AwsAccount,
  name: string,
  options: { readonly make: () => string; readonly tags: Readonly<Record<string, string>> },
): Promise<KeptSecret> {
  const known = await readSecret(account, name);
  if (known !== undefined) return { value: known, isNew: false };
  const value = options.make();
  const isPut = await putIfAbsent(account, { name, value, tags: options.tags });
  if (isPut) return { value, isNew: true };
  const others = await readSecret(account, name);
  if (others === undefined) throw vanished(name);
  return { value: others, isNew: false };
}

/** Undefined: there is none. */
export async function readSecret(account: AwsAccount, name: string): Promise<string | undefined> {
  try {
    const { Parameter: parameter } = await account.json<{
      readonly Parameter?: { readonly Value?: string };
    }>({
      service: 'ssm',
      target: 'AmazonSSM.GetParameter',
      action: 'ssm:GetParameter',
      resource: name,
      body: { Name: name, WithDecryption: true },
    });
    return parameter?.Value;
  } catch (thrown) {
    if (awsErrorOf(thrown) === 'ParameterNotFound') return undefined;
    throw thrown;
  }
}

/** Deletes what is there of these. */
export async function deleteSecrets(
  account: AwsAccount,
  names: readonly string[],
): Promise<readonly string[]> {
  const { DeletedParameters: deleted } = await account.json<{
    readonly DeletedParameters?: readonly string[];
  }>({
    service: 'ssm',
    target: 'AmazonSSM.DeleteParameters',
    action: 'ssm:DeleteParameters',
    body: { Names: names },
  });
  return deleted ?? [];
}

type NewParameter = {
  readonly name: string;
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
};

async function putIfAbsent(
  account: AwsAccount,
  { name, value, tags }: NewParameter,
): Promise<boolean> {
  try {
    await account.json({
      service: 'ssm',
      target: 'AmazonSSM.PutParameter',
      action: 'ssm:PutParameter',
      resource: name,
      body: {
        Name: name,
        Value: value,
        Type: 'SecureString',
        Overwrite: false,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    });
    return true;
  } catch (thrown) {
    if (awsErrorOf(thrown) === 'ParameterAlreadyExists') return false;
    throw thrown;
  }
}

function awsErrorOf(thrown: unknown): unknown {
  return thrown instanceof HeliosError ? thrown.details?.['aws_error'] : undefined;
}

function vanished(name: string): HeliosError {
  return new HeliosError('conflict', `The parameter ${name} was made and deleted meanwhile.`, {
    hint: 'Somebody else deploys or destroys the same Helios. Run this again.',
  });
}
