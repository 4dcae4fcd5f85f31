import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from './account.ts';

/** A quota that a new stack would pass. */
export type ReachedQuota = {
  readonly what: string;
  readonly used: number;
  readonly allowed: number;
};

type Quota = {
  readonly what: string;
  readonly code: string;
  readonly operation: string;
  /** Once for each that there is, in the answer of the operation. */
  readonly counted: RegExp;
};

export type QuotaName = 'address' | 'network';

const quotas: Readonly<Record<QuotaName, Quota>> = {
  address: {
    what: 'Elastic IP addresses',
    code: 'L-0263D0A3',
    operation: 'DescribeAddresses',
    counted: /<publicIp>/g,
  },
  network: {
    what: 'VPCs',
    code: 'L-F678F1CE',
    operation: 'DescribeVpcs',
    counted: /<vpcId>/g,
  },
};

/**
 * Which quotas have no room for one more. What may not be asked is not known, and says nothing:
 * CloudFormation would say it then.
 */
export async function reachedQuotas(
  account: AwsAccount,
  names: readonly QuotaName[],
): Promise<readonly ReachedQuota[]> {
  const found = await Promise.all(names.map(async (name) => await room(account, quotas[name])));
  return found.filter((it) => it !== undefined);
}

async function room(account: AwsAccount, quota: Quota): Promise<ReachedQuota | undefined> {
  try {
    const allowed = await allowedOf(account, quota);
    if (allowed === undefined) return undefined;
    const answer = await account.form({
      service: 'ec2',
      action: `ec2:${quota.operation}`,
      body: `Action=${quota.operation}&Version=2016-11-15`,
    });
    const used = [...answer.matchAll(quota.counted)].length;
    return used >= allowed ? { what: quota.what, used, allowed } : undefined;
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code !== 'cancelled') return undefined;
    throw thrown;
  }
}

async function allowedOf(account: AwsAccount, { code }: Quota): Promise<number | undefined> {
  const { Quota: quota } = await account.json<{ readonly Quota?: { readonly Value?: number } }>({
    service: 'servicequotas',
    target: 'ServiceQuotasV20190624.GetServiceQuota',
    action: 'servicequotas:GetServiceQuota',
    body: { ServiceCode: serviceOf(code), QuotaCode: code },
  });
  return quota?.Value;
}

function serviceOf(code: string): string {
  return code === quotas.network.code ? 'vpc' : 'ec2';
}
