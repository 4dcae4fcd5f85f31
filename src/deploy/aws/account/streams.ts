import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from './account.ts';

/**
 * What is wrong with a stream of Kinesis that is to be read, in words; undefined: it is there, or
 * these credentials may not see it (the machine's will be others).
 */
export async function streamProblem(account: AwsAccount, arn: string): Promise<string | undefined> {
  const region = arn.split(':')[3] ?? account.region;
  try {
    const { StreamDescriptionSummary: stream } = await account.json<{
      readonly StreamDescriptionSummary?: { readonly StreamStatus?: string };
    }>({
      service: 'kinesis',
      target: 'Kinesis_20131202.DescribeStreamSummary',
      action: 'kinesis:DescribeStreamSummary',
      resource: arn,
      body: { StreamARN: arn },
      region,
    });
    return stream?.StreamStatus === 'DELETING' ? `${arn} is being deleted.` : undefined;
  } catch (thrown) {
    if (!(thrown instanceof HeliosError)) throw thrown;
    if (thrown.code === 'stream_missing') return `${arn} does not exist.`;
    if (thrown.code === 'access_refused') return undefined;
    throw thrown;
  }
}
