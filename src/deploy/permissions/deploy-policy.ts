import { deployDefaults } from '../settings/settings.ts';
import { stackTemplate } from '../template/stack.ts';
import type { Resource } from '../template/template.ts';
import { of, typeActions } from './type-actions.ts';

/** A policy as IAM takes it, for one account and region. */
export type DeployPolicy = {
  readonly Version: '2012-10-17';
  readonly Statement: readonly DeployStatement[];
};

type DeployStatement = {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
};

/** IAM takes no larger managed policy; it does not count white space. */
export const policyCharactersMax = 6144;

/** What `helios deploy` and its sisters ask of AWS themselves, besides what CloudFormation does. */
export const commandActions: readonly string[] = [
  ...of(
    'cloudformation',
    'CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet DescribeStacks ' +
      'DescribeStackEvents ListStackResources DeleteStack ContinueUpdateRollback TagResource ' +
      'GetTemplate CancelUpdateStack UpdateTerminationProtection',
  ),
  ...of(
    's3',
    'ListBucket ListBucketVersions ListBucketMultipartUploads AbortMultipartUpload PutObject ' +
      'GetObject DeleteObject DeleteObjectVersion',
  ),
  ...of('ssm', 'PutParameter GetParameter GetParameters DeleteParameters AddTagsToResource'),
  ...of('logs', 'FilterLogEvents'),
  ...of('iam', 'PassRole CreateServiceLinkedRole SimulatePrincipalPolicy'),
  ...of('tag', 'GetResources'),
  ...of('servicequotas', 'GetServiceQuota'),
  ...of('ce', 'GetCostAndUsage'),
];

type Place = { readonly account: string; readonly region: string };

/** Deploys, looks after and removes one machine, and lets a person see what it costs. */
export function machinePolicy(place: Place): DeployPolicy {
  return policyOf([...commandActions, ...actionsOf(machineTypes())], place);
}

/** What else settings can ask for: containers, streams, domains, mails. */
export function morePolicy(place: Place): DeployPolicy {
  const machine = new Set(machineTypes());
  const others = Object.keys(typeActions).filter((type): type is Resource['Type'] => {
    return !machine.has(type as Resource['Type']);
  });
  return policyOf(actionsOf(others), place);
}

function machineTypes(): readonly Resource['Type'][] {
  const settings = { ...deployDefaults, name: 'any', region: 'us-east-1' };
  return Object.values(stackTemplate(settings).Resources).map(({ Type }) => Type);
}

function actionsOf(types: readonly Resource['Type'][]): readonly string[] {
  return types.flatMap((type) => typeActions[type]);
}

/**
 * What has a name is limited to names that begin with `helios-`; what AWS names only when it is
 * made (networks, machines, addresses, distributions) can't be, and is limited to the region where
 * it has one.
 */
function policyOf(wanted: readonly string[], place: Place): DeployPolicy {
  const statements = [...identityScopes(place), ...thingScopes(place)].flatMap(
    ({ matches, Sid, ...scope }) => {
      const actions = [...new Set(wanted)].filter((action) => matches.test(action)).toSorted();
      if (actions.length === 0) return [];
      return [{ Sid, Effect: 'Allow' as const, Action: actions, ...scope }];
    },
  );
  return { Version: '2012-10-17', Statement: statements };
}

type Scope = Pick<DeployStatement, 'Sid' | 'Resource' | 'Condition'> & {
  /** The actions that are allowed here; each action belongs to one scope. */
  readonly matches: RegExp;
};

const namedWhenMade = new RegExp(
  '^(ec2:|servicequotas:|logs:DescribeLogGroups|cloudwatch:DescribeAlarms|' +
    'autoscaling:Describe|elasticloadbalancing:Describe|ecs:.*TaskDefinition)',
);

function identityScopes({ account, region }: Place): readonly Scope[] {
  const arn = (service: string, rest: string): string =>
    `arn:aws:${service}:${region}:${account}:${rest}`;
  const iam = (kind: string): string => `arn:aws:iam::${account}:${kind}/helios-*`;
  return [
    { Sid: 'Stacks', matches: /^cloudformation:/, Resource: arn('cloudformation', '*/helios-*') },
    { Sid: 'Buckets', matches: /^s3:/, Resource: 'arn:aws:s3:::helios-*' },
    {
      Sid: 'Identities',
      matches: /^iam:(?!PassRole|CreateServiceLinkedRole|Simulate)/,
      Resource: [iam('role'), iam('instance-profile'), iam('policy')],
    },
    {
      Sid: 'GiveIdentity',
      matches: /^iam:PassRole$/,
      Resource: iam('role'),
      Condition: {
        StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] },
      },
    },
    {
      Sid: 'FirstOfItsKind',
      matches: /^iam:CreateServiceLinkedRole$/,
      Resource: `arn:aws:iam::${account}:role/aws-service-role/*`,
      Condition: {
        StringEquals: {
          'iam:AWSServiceName': ['autoscaling', 'ecs', 'elasticloadbalancing'].map(
            (service) => `${service}.amazonaws.com`,
          ),
        },
      },
    },
  ];
}

function thingScopes({ account, region }: Place): readonly Scope[] {
  const arn = (service: string, rest: string): string =>
    `arn:aws:${service}:${region}:${account}:${rest}`;
  return [
    {
      Sid: 'Parameters',
      matches: /^ssm:/,
      Resource: [
        arn('ssm', 'parameter/helios/*'),
        `arn:aws:ssm:${region}::parameter/aws/service/ami-amazon-linux-latest/*`,
      ],
    },
    {
      Sid: 'Logs',
      matches: /^logs:(?!DescribeLogGroups)/,
      Resource: arn('logs', 'log-group:/helios/*'),
    },
    {
      Sid: 'Alarms',
      matches: /^(cloudwatch:(?!DescribeAlarms)|sns:)/,
      Resource: [arn('cloudwatch', 'alarm:helios-*'), arn('sns', 'helios-*')],
    },
    {
      Sid: 'Machines',
      matches: /^autoscaling:(?!Describe)/,
      Resource: arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/helios-*'),
    },
    {
      Sid: 'Containers',
      matches: /^(ecs:(?!.*TaskDefinition)|elasticloadbalancing:(?!Describe))/,
      Resource: [
        ...['cluster', 'service', 'service-deployment'].map((kind) =>
          arn('ecs', `${kind}/helios-*`),
        ),
        // CloudFormation names these by the first letters of the stack's name.
        ...['loadbalancer/net', 'targetgroup', 'listener/net'].map((kind) =>
          arn('elasticloadbalancing', `${kind}/helio*`),
        ),
      ],
    },
    { Sid: 'Streams', matches: /^kinesis:/, Resource: arn('kinesis', 'stream/*') },
    {
      Sid: 'Domains',
      matches: /^route53:/,
      Resource: ['arn:aws:route53:::hostedzone/*', 'arn:aws:route53:::change/*'],
    },
    {
      Sid: 'NamedWhenMade',
      matches: namedWhenMade,
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
    { Sid: 'Everywhere', matches: /^(cloudfront:|ce:|tag:|iam:Simulate)/, Resource: '*' },
  ];
}
