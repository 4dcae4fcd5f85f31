import { HeliosError } from '../../../base/errors.ts';
import { prefixLists } from '../../template/parameters.ts';
import type { AwsAccount } from './account.ts';

/**
 * The id of the list of CloudFront's addresses, which alone may reach the machine. Regions whose
 * list is not known here are asked for theirs.
 */
export async function cloudFrontPrefixList(account: AwsAccount): Promise<string> {
  const known = prefixLists[account.region];
  if (known !== undefined) return known;
  const name = 'com.amazonaws.global.cloudfront.origin-facing';
  const answer = await account.form({
    service: 'ec2',
    action: 'ec2:DescribeManagedPrefixLists',
    body:
      'Action=DescribeManagedPrefixLists&Version=2016-11-15' +
      `&Filter.1.Name=prefix-list-name&Filter.1.Value.1=${name}`,
  });
  const found = /<prefixListId>(pl-[\da-f]+)</.exec(answer)?.[1];
  if (found !== undefined) return found;
  throw new HeliosError('not_found', `${account.region} has no list of CloudFront's addresses.`, {
    hint: 'CloudFront does not reach machines there: choose another --region.',
  });
}
