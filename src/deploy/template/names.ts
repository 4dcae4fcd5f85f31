import { type DeploySettings, stackName } from '../settings/settings.ts';
import { ref, sub, type Text } from './intrinsic.ts';
import type { Tag } from './template.ts';

/** Where CloudFront talks to Helios. */
export const heliosPort = 7311;

/** What Helios asks of whoever comes through CloudFront, so that no other distribution gets in. */
export const originSecretHeader = 'x-helios-origin-secret';

/** Parts of the bucket. */
export const prefixes: Readonly<Record<'state' | 'tables' | 'releases', string>> = {
  /** `--state`: what another machine goes on from. */
  state: 'state',
  /** Delta tables and files: what a notebook may read. */
  tables: 'tables',
  /** Bundles; the machine only reads them. */
  releases: 'releases',
};

/** Everything but the bucket and the log waits for a bundle: it is uploaded in between. */
export const hasBundle = 'HasBundle';

/** The bucket's name, whether the stack has made it or another one did. */
export function bucketName({ dataBucket }: Pick<DeploySettings, 'dataBucket'>): Text {
  return dataBucket ?? ref('Bucket');
}

/** `arn:aws:s3:::BUCKET`, or that of what is in it. */
export function bucketArn(settings: Pick<DeploySettings, 'dataBucket'>, path = ''): Text {
  const name = settings.dataBucket ?? '${Bucket}';
  return sub(`arn:\${AWS::Partition}:s3:::${name}${path === '' ? '' : `/${path}`}`);
}

/** Of things in the stack's own account and region. */
export function ownArn(service: string, rest: string): Text {
  return sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`);
}

/** What finds everything of a stack again, and what its costs are told apart by. */
export function tagsOf({ name }: Pick<DeploySettings, 'name'>, label?: string): readonly Tag[] {
  return [
    { Key: 'helios:stack', Value: name },
    { Key: 'helios:version', Value: ref('HeliosVersion') },
    { Key: 'Name', Value: label === undefined ? stackName({ name }) : label },
  ];
}
