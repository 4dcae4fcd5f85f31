import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';
import { ownerTag } from '../stack/stack.ts';

/** What this month has cost so far, or why nobody knows. */
export type CostSoFar =
  | { readonly kind: 'known'; readonly usd: number; readonly until: string }
  | { readonly kind: 'unknown'; readonly why: string };

type CostAnswer = {
  readonly ResultsByTime?: readonly {
    readonly Total?: Readonly<Record<string, { readonly Amount?: string }>>;
  }[];
};

/**
 * By Cost Explorer, which counts by tags once somebody with the account's bills has switched the
 * tag on, and lags a day behind. Each question costs $0.01.
 */
export async function costSoFar(account: AwsAccount, owner: string): Promise<CostSoFar> {
  const today = new Date(account.context.clock.nowMs());
  const start = `${today.toISOString().slice(0, 7)}-01`;
  const end = today.toISOString().slice(0, 10);
  if (start === end) return { kind: 'unknown', why: 'the month has only begun' };
  try {
    const answer = await account.json<CostAnswer>({
      service: 'ce',
      target: 'AWSInsightsIndexService.GetCostAndUsage',
      action: 'ce:GetCostAndUsage',
      region: 'us-east-1',
      body: {
        TimePeriod: { Start: start, End: end },
        Granularity: 'MONTHLY',
        Metrics: ['UnblendedCost'],
        Filter: { Tags: { Key: ownerTag, Values: [owner] } },
      },
    });
    const amount = answer.ResultsByTime?.[0]?.Total?.['UnblendedCost']?.Amount;
    if (amount === undefined) return { kind: 'unknown', why: 'Cost Explorer has no figure yet' };
    if (Number(amount) > 0) return { kind: 'known', usd: Number(amount), until: end };
    return {
      kind: 'unknown',
      why:
        `Cost Explorer has nothing under the tag ${ownerTag}: switch it on under Billing, Cost ` +
        'allocation tags; it counts from then on',
    };
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code === 'cancelled') throw thrown;
    const isDenied = thrown.code === 'access_refused';
    return {
      kind: 'unknown',
      why: isDenied ? 'ce:GetCostAndUsage is not allowed' : thrown.message.replace(/\.$/, ''),
    };
  }
}
