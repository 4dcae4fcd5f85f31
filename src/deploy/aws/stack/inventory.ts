import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';
import { ownerTag } from './stack.ts';

/** AWS's index of tags lags behind what was deleted. */
const looks: BackoffPolicy = { firstMs: 1_000, maxMs: 15_000, attemptsMax: 10 };

type TagPage = {
  readonly PaginationToken?: string;
  readonly ResourceTagMappingList?: readonly { readonly ResourceARN?: string }[];
};

/** What carries a tag, by ARN. */
export type Inventory = {
  readonly arns: readonly string[];
  /** Whether what is of no region could be asked for, too. */
  readonly isWorldAsked: boolean;
};

/** ARNs of all that carries the tag of this Helios, in the account's region and in the world. */
async function taggedResources(account: AwsAccount, owner: string): Promise<Inventory> {
  // What is of no region (CloudFront, IAM, Route 53) is listed in us-east-1.
  const own = await tagged(account, owner, account.region);
  if (account.region === worldRegion) return { arns: own, isWorldAsked: true };
  try {
    const all = [...own, ...(await tagged(account, owner, worldRegion))];
    return { arns: [...new Set(all)].toSorted(), isWorldAsked: true };
  } catch (thrown) {
    // Policies often allow one region alone; who has one is told what was not looked at.
    if (!(thrown instanceof HeliosError) || thrown.code !== 'access_refused') throw thrown;
    return { arns: own, isWorldAsked: false };
  }
}

const worldRegion = 'us-east-1';

async function tagged(
  account: AwsAccount,
  owner: string,
  region: string,
): Promise<readonly string[]> {
  const arns: string[] = [];
  let token = '';
  do {
    const page = await account.json<TagPage>({
      service: 'tagging',
      target: 'ResourceGroupsTaggingAPI_20170126.GetResources',
      action: 'tag:GetResources',
      region,
      body: {
        TagFilters: [{ Key: ownerTag, Values: [owner] }],
        ...(token === '' ? {} : { PaginationToken: token }),
      },
    });
    for (const { ResourceARN: arn } of page.ResourceTagMappingList ?? []) arns.push(arn ?? '');
    token = page.PaginationToken ?? '';
  } while (token !== '');
  return arns;
}

/**
 * What is still tagged once what was deleted has left the index of tags, without what is to stay.
 * Asks a few times: the index forgets late.
 */
export async function leftovers(
  account: AwsAccount,
  owner: string,
  { isKept, signal }: { readonly isKept: (arn: string) => boolean; readonly signal: AbortSignal },
): Promise<Inventory> {
  const { clock, random } = account.context;
  for (let look = 1; ; look++) {
    const { arns, isWorldAsked } = await taggedResources(account, owner);
    const left = arns.filter((arn) => !isKept(arn));
    if (left.length === 0 || look >= looks.attemptsMax) return { arns: left, isWorldAsked };
    await clock.sleep(backoffMs(looks, look, random), signal);
  }
}
