import { type DeploySettings } from '../settings/settings.ts';
import { attribute, joined, ref } from './intrinsic.ts';
import { bucketName, hasBundle as Condition, prefixes } from './names.ts';
import { publicUrl } from './front.ts';
import type { Template } from './template.ts';

/** What a person or a program wants to know of a stack that stands. */
export function outputsOf(settings: DeploySettings): Template['Outputs'] {
  return {
    Bucket: { Description: 'Where everything durable is', Value: bucketName(settings) },
    LogGroup: { Description: 'The log', Value: ref('LogGroup') },
    Url: { Description: 'The console and the API', Value: publicUrl(settings), Condition },
    Tables: {
      Description: 'Where pipelines put their tables',
      Value: joined('s3://', bucketName(settings), `/${prefixes.tables}`),
    },
    ReadPolicy: {
      Description: 'For the role of a notebook: reads the tables, and nothing else',
      Value: ref('ReadPolicy'),
      Condition,
    },
    Role: { Description: 'Who Helios is in AWS', Value: attribute('Role', 'Arn'), Condition },
    ...(settings.compute === 'ec2'
      ? { Address: { Description: "The machine's address", Value: ref('Address'), Condition } }
      : {}),
    ...(settings.newStream === undefined
      ? {}
      : {
          Stream: { Description: 'The new stream', Value: attribute('Stream', 'Arn'), Condition },
        }),
    ...(settings.domain === undefined || settings.domain.hostedZoneId !== undefined
      ? {}
      : {
          DomainTarget: {
            Description: `Where ${settings.domain.name} has to lead, by a CNAME`,
            Value: attribute('Distribution', 'DomainName'),
            Condition,
          },
        }),
  };
}
