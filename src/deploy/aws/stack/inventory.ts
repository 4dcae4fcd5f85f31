import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { AwsAccount } from '../account/account.ts';
import { ownerTag } from './stack.ts';

/** AWS's index of tags lags behind what was deleted. */
const looks: BackoffPolicy = { firstMs: 1_000, maxMs: 15_000, attemptsMax: 10 };

type TagPage = {
  readonly PaginationToken?: string;
  readonly ResourceTagMappingList?: readonly { readonly ResourceARN?: string }[];
};

/** ARNs of all that carries the tag of this Helios, in the account's region and in the world. */
async function taggedResources(account: AwsAccount, owner: string): Promise<readonly string[]> {
  // What is of no region (CloudFront, IAM, Route 53) is listed in us-east-1.
  const regions = [...new Set([account.region, worldRegion])];
  const found = await Promise.all(regions.map(async (it) => await tagged(account, owner, it)));
  return [...new Set(found.flat())].toSorted();
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
): Promise<readonly string[]> {
  const { clock, random } = account.context;
  for (let look = 1; ; look++) {
    const left = (await taggedResources(account, owner)).filter((arn) => !isKept(arn));
    if (left.length === 0 || look >= looks.attemptsMax) return left;
    await clock.sleep(backoffMs(looks, look, random), signal);
  }
}
