import { deployDefaults, type DeploySettings } from '../settings/settings.ts';

/** What nearly everyone has. */
export const smallSettings: DeploySettings = {
  ...deployDefaults,
  name: 'shop',
  region: 'us-east-1',
};

const cluster = 'arn:aws:kafka:eu-central-1:111122223333:cluster/clicks/0d1a2b3c-4d5e-6f70-8192-1';

/** Every kind of thing that settings can ask for, alone and all at once. */
export const variants: Readonly<Record<string, DeploySettings>> = {
  ec2: smallSettings,
  fargate: { ...smallSettings, compute: 'fargate' },
  streams: {
    ...smallSettings,
    region: 'eu-central-1',
    streams: [
      { arn: 'arn:aws:kinesis:eu-central-1:111122223333:stream/clicks' },
      {
        arn: 'arn:aws:kinesis:eu-central-1:111122223333:stream/orders',
        keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/2a3b4c5d-1111-2222-3333-444455556666',
      },
    ],
  },
  newStream: { ...smallSettings, newStream: { name: 'shop-events', shards: 2 } },
  msk: {
    ...smallSettings,
    region: 'eu-central-1',
    network: {
      vpc: 'vpc-0a1b2c3d',
      subnets: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
      securityGroups: ['sg-0a1b2c3d'],
      mskClusterArns: [cluster],
    },
  },
  domain: {
    ...smallSettings,
    domain: {
      name: 'events.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1a2b-3c4d',
      hostedZoneId: 'Z0123456789ABC',
    },
  },
  foreignDomain: {
    ...smallSettings,
    domain: {
      name: 'events.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1a2b-3c4d',
    },
  },
  oldBucket: { ...smallSettings, dataBucket: 'helios-shop-111122223333-us-east-1' },
};

/** As much as one stack can have. */
export const everything: Readonly<Record<DeploySettings['compute'], DeploySettings>> = {
  ec2: allOf('ec2'),
  fargate: allOf('fargate'),
};

function allOf(compute: DeploySettings['compute']): DeploySettings {
  return {
    ...smallSettings,
    compute,
    size: 'large',
    streams: variants['streams']?.streams ?? [],
    newStream: { name: 'shop-events', shards: 2 },
    domain: variants['domain']?.domain,
    alarmEmail: 'team@example.com',
  };
}
