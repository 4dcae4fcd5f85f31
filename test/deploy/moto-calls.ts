import { ReferencedSecrets } from '../../src/connection/secrets.ts';
import { AwsAnswerError, sendToAws } from '../../src/connection/aws/aws-request.ts';
import type { AwsService } from '../../src/connection/aws/endpoint.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Cloud } from './cloud.ts';

/** A request of a test to moto's own services. */
async function ask(
  cloud: Cloud,
  service: AwsService,
  target: string,
  body: unknown,
): Promise<unknown> {
  const environment = { AWS_ENDPOINT_URL: cloud.moto.endpoint };
  const outside = { environment, clock: systemClock, random: () => 0.5 };
  const keys = { accessKeyId: 'test', secretAccessKey: 'test' };
  const answer = await sendToAws(
    {
      service,
      region: 'eu-central-1',
      credentials: () => Promise.resolve(keys),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body: JSON.stringify(body),
    },
    { ...outside, secrets: new ReferencedSecrets(outside) },
  );
  return answer === '' ? undefined : (JSON.parse(answer) as unknown);
}

/** What a parameter of SSM holds; undefined: there is none. */
export async function parameter(cloud: Cloud, name: string): Promise<string | undefined> {
  try {
    const body = { Name: name, WithDecryption: true };
    const answer = await ask(cloud, 'ssm', 'AmazonSSM.GetParameter', body);
    return (answer as { readonly Parameter: { readonly Value: string } }).Parameter.Value;
  } catch (thrown) {
    if (thrown instanceof AwsAnswerError && thrown.name === 'ParameterNotFound') return undefined;
    throw thrown;
  }
}

/** Lines as the machine's agent would put them, as of now. */
export async function putLogLines(
  cloud: Cloud,
  group: string,
  lines: readonly string[],
): Promise<void> {
  const logs = 'Logs_20140328';
  const stream = { logGroupName: group, logStreamName: 'machine' };
  await ask(cloud, 'logs', `${logs}.CreateLogGroup`, { logGroupName: group });
  await ask(cloud, 'logs', `${logs}.CreateLogStream`, stream);
  const logEvents = lines.map((message, at) => ({ message, timestamp: Date.now() + at }));
  await ask(cloud, 'logs', `${logs}.PutLogEvents`, { ...stream, logEvents });
}

/** A log group that carries a stack's tag, and is not of it; gives its ARN. */
export async function createTagged(cloud: Cloud, name: string, owner: string): Promise<string> {
  const tags = { 'helios:stack': owner };
  await ask(cloud, 'logs', 'Logs_20140328.CreateLogGroup', { logGroupName: name, tags });
  return `arn:aws:logs:eu-central-1:123456789012:log-group:${name}`;
}

/** A stream of Kinesis; gives its ARN. */
export async function createStream(cloud: Cloud, name: string): Promise<string> {
  const kinesis = 'Kinesis_20131202';
  await ask(cloud, 'kinesis', `${kinesis}.CreateStream`, { StreamName: name, ShardCount: 1 });
  return `arn:aws:kinesis:eu-central-1:123456789012:stream/${name}`;
}

export async function deleteStream(cloud: Cloud, name: string): Promise<void> {
  await ask(cloud, 'kinesis', 'Kinesis_20131202.DeleteStream', { StreamName: name });
}
