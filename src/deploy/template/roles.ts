import { type DeploySettings, logGroupName } from '../settings/settings.ts';
import { ref, type Text } from './intrinsic.ts';
import { bucketArn, hasBundle as Condition, ownArn, prefixes, tagsOf } from './names.ts';
import { allow, policy, type Statement, trust } from './policy.ts';
import { streamStatements } from './streams.ts';
import type { Resources } from './template.ts';

/** Who the machine is in AWS, and a policy for who reads the tables. */
export function rolesOf(settings: DeploySettings): Resources {
  const isMachine = settings.compute === 'ec2';
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Condition,
      Properties: {
        Description: `What Helios may do for the stack helios-${settings.name}`,
        AssumeRolePolicyDocument: trust(
          isMachine ? 'ec2.amazonaws.com' : 'ecs-tasks.amazonaws.com',
        ),
        Policies: [
          {
            PolicyName: 'helios',
            PolicyDocument: policy([
              ...dataStatements(settings),
              ...streamStatements(settings),
              ...clusterStatements(settings),
              ...(isMachine ? machineStatements(settings) : []),
            ]),
          },
        ],
        Tags: tagsOf(settings),
      },
    },
    ...(isMachine
      ? {
          InstanceProfile: {
            Type: 'AWS::IAM::InstanceProfile',
            Condition,
            Properties: { Roles: [ref('Role')] },
          },
        }
      : { ExecutionRole: executionRole(settings) }),
    ReadPolicy: {
      Type: 'AWS::IAM::ManagedPolicy',
      Condition,
      Properties: {
        Description: `Reads the tables of helios-${settings.name}: for notebooks and engines`,
        PolicyDocument: policy(readerStatements(settings)),
      },
    },
  };
}

function dataStatements(settings: DeploySettings): readonly Statement[] {
  const { state, tables, releases } = prefixes;
  return [
    allow('ListBucket', ['s3:ListBucket', 's3:ListBucketMultipartUploads'], [bucketArn(settings)]),
    allow(
      'KeepData',
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      [bucketArn(settings, `${state}/*`), bucketArn(settings, `${tables}/*`)],
    ),
    allow('FetchBundle', ['s3:GetObject'], [bucketArn(settings, `${releases}/*`)]),
    // AWS's own key, which encrypts these, lets everyone decrypt who may get the parameter.
    allow(
      'ReadSecrets',
      ['ssm:GetParameter'],
      [ownArn('ssm', `parameter/helios/${settings.name}/*`)],
    ),
  ];
}

/** Lines and metrics go to the log; the address comes to the machine; CloudFormation is told. */
function machineStatements(settings: DeploySettings): readonly Statement[] {
  return [
    writeLog(settings),
    allow(
      'TakeAddress',
      ['ec2:AssociateAddress'],
      [ownArn('ec2', 'elastic-ip/${Address.AllocationId}')],
    ),
    // Machines have names only when they are there, so these are told by the stack's tag.
    allow(
      'TakeAddressHere',
      ['ec2:AssociateAddress'],
      [ownArn('ec2', 'instance/*'), ownArn('ec2', 'network-interface/*')],
      { StringEquals: { 'aws:ResourceTag/helios:stack': settings.name } },
    ),
    allow('SignalHealth', ['cloudformation:SignalResource'], [ref('AWS::StackId')]),
  ];
}

function writeLog(settings: DeploySettings): Statement {
  return allow(
    'WriteLog',
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [ownArn('logs', `log-group:${logGroupName(settings)}:*`)],
  );
}

function executionRole(settings: DeploySettings): Resources[string] {
  return {
    Type: 'AWS::IAM::Role',
    Condition,
    Properties: {
      Description: `Starts the container of helios-${settings.name}`,
      AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com'),
      Policies: [{ PolicyName: 'log', PolicyDocument: policy([writeLog(settings)]) }],
      Tags: tagsOf(settings),
    },
  };
}

/** A cluster's topics and groups have its name and id in their ARNs. */
function clusterStatements({ network }: DeploySettings): readonly Statement[] {
  const clusters = network?.mskClusterArns ?? [];
  if (clusters.length === 0) return [];
  const within = (kind: 'topic' | 'group'): readonly Text[] =>
    clusters.map((arn) => `${arn.replace(':cluster/', `:${kind}/`)}/*`);
  return [
    allow('JoinCluster', ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'], clusters),
    allow('ReadTopics', ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], within('topic')),
    allow(
      'KeepOffsets',
      ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      within('group'),
    ),
  ];
}

function readerStatements(settings: DeploySettings): readonly Statement[] {
  const path = `${prefixes.tables}/*`;
  return [
    allow('ListTables', ['s3:ListBucket'], [bucketArn(settings)], {
      StringLike: { 's3:prefix': [prefixes.tables, path] },
    }),
    allow('ReadTables', ['s3:GetObject'], [bucketArn(settings, path)]),
  ];
}
