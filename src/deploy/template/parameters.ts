import type { DeploySettings } from '../settings/settings.ts';
import { ref } from './intrinsic.ts';
import type { Template } from './template.ts';

/**
 * What differs between one deployment and the next. Nothing is wrong with their defaults: the first
 * change set of a stack has the bucket made, so that the bundle can be put there.
 */
export function parametersOf(settings: DeploySettings): Template['Parameters'] {
  return {
    BundleKey: {
      Type: 'String',
      Description: 'Where in the bucket the bundle is; empty: there is none yet',
      Default: '',
      AllowedPattern: '^([A-Za-z0-9][A-Za-z0-9._/-]*)?$',
    },
    BundleSha256: {
      Type: 'String',
      Description: 'The sha256 of the bundle, in hex',
      Default: '',
      AllowedPattern: '^([0-9a-f]{64})?$',
    },
    HeliosVersion: {
      Type: 'String',
      Description: 'The version in the bundle, for tags',
      Default: '0',
      AllowedPattern: '^[A-Za-z0-9.+_-]+$',
    },
    OriginSecret: {
      Type: 'String',
      Description: 'What CloudFront adds to each request, so that Helios knows it',
      Default: '',
      NoEcho: true,
      AllowedPattern: '^[A-Za-z0-9_-]*$',
    },
    CloudFrontPrefixList: {
      Type: 'String',
      Description: 'com.amazonaws.global.cloudfront.origin-facing of this region',
      Default: prefixLists[settings.region] ?? '',
      AllowedPattern: '^(pl-[0-9a-f]+)?$',
    },
    ...(settings.compute === 'ec2'
      ? {
          ImageId: {
            Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
            Description: 'Amazon Linux 2023 with what AWS has mended until now',
            Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
          },
        }
      : {}),
  };
}

export const conditions: Template['Conditions'] = {
  HasBundle: { 'Fn::Not': [{ 'Fn::Equals': [ref('BundleKey'), ''] }] },
};

/**
 * The list of CloudFront's addresses that face origins has another id in each region. Those that
 * are known are defaults; `ec2:DescribeManagedPrefixLists` says it for any.
 */
export const prefixLists: Readonly<Record<string, string>> = {
  'us-east-1': 'pl-3b927c52',
  'us-east-2': 'pl-b6a144df',
  'us-west-1': 'pl-4ea04527',
  'us-west-2': 'pl-82a045eb',
  'eu-west-1': 'pl-4fa04526',
  'eu-west-2': 'pl-93a247fa',
  'eu-central-1': 'pl-a3a144ca',
  'ap-southeast-1': 'pl-31a34658',
  'ap-southeast-2': 'pl-b8a742d1',
  'ap-northeast-1': 'pl-58a04531',
};
