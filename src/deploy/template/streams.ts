import type { DeploySettings, ReadStream } from '../settings/settings.ts';
import { attribute, type Text } from './intrinsic.ts';
import { hasBundle, tagsOf } from './names.ts';
import { allow, type Statement } from './policy.ts';
import type { Resources } from './template.ts';

/** A stream of the stack's own. Like the bucket, it outlives the stack. */
export function newStreamOf(settings: DeploySettings): Resources {
  const { newStream } = settings;
  if (newStream === undefined) return {};
  return {
    Stream: {
      Type: 'AWS::Kinesis::Stream',
      Condition: hasBundle,
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Name: newStream.name,
        ShardCount: newStream.shards,
        RetentionPeriodHours: 24,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        Tags: tagsOf(settings),
      },
    },
  };
}

/** The least that reads the streams, and that reads and writes the stack's own. */
export function streamStatements({ streams, newStream }: DeploySettings): readonly Statement[] {
  const keys = streams.flatMap(({ keyArn }) => keyArn ?? []);
  const read: readonly Text[] = streams.map(({ arn }) => arn);
  const own = attribute('Stream', 'Arn');
  return [
    ...(read.length === 0 ? [] : [allow('ReadStreams', readActions, read)]),
    ...(keys.length === 0 ? [] : [decrypt(streams)]),
    ...(newStream === undefined
      ? []
      : [allow('OwnStream', [...readActions, 'kinesis:PutRecords'], [own])]),
  ];
}

/** What the source calls; enhanced fan-out, which is paid by the hour, isn't among it. */
const readActions = [
  'kinesis:DescribeStreamSummary',
  'kinesis:ListShards',
  'kinesis:GetShardIterator',
  'kinesis:GetRecords',
];

/** Only for what Kinesis has encrypted: the key may be one for other things, too. */
function decrypt(streams: readonly ReadStream[]): Statement {
  const keyed = streams.filter(({ keyArn }) => keyArn !== undefined);
  const services = keyed.map(({ arn }) => `kinesis.${arn.split(':')[3] ?? ''}.amazonaws.com`);
  const keys = keyed.flatMap(({ keyArn }) => keyArn ?? []);
  return allow('DecryptStreams', ['kms:Decrypt'], [...new Set(keys)], {
    StringEquals: { 'kms:ViaService': [...new Set(services)] },
  });
}
