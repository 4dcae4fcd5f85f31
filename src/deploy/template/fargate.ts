import { containerScript } from '../boot/container-script.ts';
import { heliosSettings } from '../boot/helios-settings.ts';
import { type DeploySettings, logGroupName, stackName } from '../settings/settings.ts';
import { machineSizes } from '../settings/sizes.ts';
import { attribute, ref, type Text } from './intrinsic.ts';
import { bucketName, hasBundle as Condition, heliosPort, tagsOf } from './names.ts';
import { outwards, placeOf, waysOut } from './network.ts';
import type { Resources } from './template.ts';

/**
 * A container that nobody has built: a public image of Node fetches the bundle. A task gets a new
 * address each time, so a load balancer inside of the network stands between it and CloudFront.
 */
export function fargateOf(settings: DeploySettings): Resources {
  return { ...balancerOf(settings), ...serviceOf(settings) };
}

function balancerOf(settings: DeploySettings): Resources {
  const { vpc, subnets } = placeOf(settings);
  const Tags = tagsOf(settings);
  return {
    LoadBalancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Condition,
      Properties: {
        Type: 'network',
        Scheme: 'internal',
        Subnets: subnets,
        SecurityGroups: [attribute('SecurityGroup', 'GroupId')],
        Tags,
      },
    },
    TargetGroup: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Condition,
      Properties: {
        Protocol: 'TCP',
        Port: heliosPort,
        TargetType: 'ip',
        VpcId: vpc,
        HealthCheckProtocol: 'HTTP',
        HealthCheckPath: '/healthz',
        HealthCheckIntervalSeconds: 10,
        TargetGroupAttributes: [
          { Key: 'deregistration_delay.timeout_seconds', Value: '10' },
          { Key: 'preserve_client_ip.enabled', Value: 'false' },
        ],
        Tags,
      },
    },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Condition,
      Properties: {
        LoadBalancerArn: ref('LoadBalancer'),
        Port: heliosPort,
        Protocol: 'TCP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn: ref('TargetGroup') }],
      },
    },
    TaskSecurityGroup: taskSecurityGroup(settings),
  };
}

function taskSecurityGroup(settings: DeploySettings): Resources[string] {
  return {
    Type: 'AWS::EC2::SecurityGroup',
    Condition,
    Properties: {
      VpcId: placeOf(settings).vpc,
      GroupDescription: 'Helios: in from its load balancer alone',
      SecurityGroupIngress: [
        {
          IpProtocol: 'tcp',
          FromPort: heliosPort,
          ToPort: heliosPort,
          SourceSecurityGroupId: attribute('SecurityGroup', 'GroupId'),
          Description: 'The load balancer',
        },
      ],
      SecurityGroupEgress: outwards,
      Tags: tagsOf(settings),
    },
  };
}

const image = 'public.ecr.aws/docker/library/node:24-slim';

function serviceOf(settings: DeploySettings): Resources {
  const { fargate } = machineSizes[settings.size];
  const Tags = tagsOf(settings);
  return {
    Cluster: {
      Type: 'AWS::ECS::Cluster',
      Condition,
      Properties: { ClusterName: stackName(settings), Tags },
    },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Condition,
      Properties: {
        Family: stackName(settings),
        Cpu: String(fargate.cpu),
        Memory: String(fargate.memoryMb),
        NetworkMode: 'awsvpc',
        RequiresCompatibilities: ['FARGATE'],
        RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
        EphemeralStorage: { SizeInGiB: Math.max(21, settings.diskGb) },
        ExecutionRoleArn: attribute('ExecutionRole', 'Arn'),
        TaskRoleArn: attribute('Role', 'Arn'),
        ContainerDefinitions: [
          {
            Name: 'helios',
            Image: image,
            Essential: true,
            ReadonlyRootFilesystem: false,
            EntryPoint: ['node', '-e'],
            Command: [containerScript],
            Environment: environment(settings).map(([Name, Value]) => ({ Name, Value })),
            PortMappings: [{ ContainerPort: heliosPort }],
            StopTimeout: 60,
            LogConfiguration: {
              LogDriver: 'awslogs',
              Options: {
                'awslogs-group': logGroupName(settings),
                'awslogs-region': settings.region,
                'awslogs-stream-prefix': 'task',
              },
            },
          },
        ],
        Tags,
      },
    },
    Service: service(settings),
  };
}

function environment(settings: DeploySettings): readonly (readonly [string, Text])[] {
  return [
    ...heliosSettings(settings),
    ['BUCKET', bucketName(settings)],
    ['BUNDLE_KEY', ref('BundleKey')],
    ['BUNDLE_SHA256', ref('BundleSha256')],
  ];
}

/** Never two tasks at once; one that isn't well has the service go back by itself. */
function service(settings: DeploySettings): Resources[string] {
  const { subnets, securityGroups } = placeOf(settings);
  const own = attribute('TaskSecurityGroup', 'GroupId');
  return {
    Type: 'AWS::ECS::Service',
    Condition,
    DependsOn: settings.network === undefined ? ['Listener', ...waysOut] : ['Listener'],
    Properties: {
      ServiceName: stackName(settings),
      Cluster: ref('Cluster'),
      TaskDefinition: ref('Task'),
      DesiredCount: 1,
      LaunchType: 'FARGATE',
      PropagateTags: 'SERVICE',
      DeploymentConfiguration: {
        MinimumHealthyPercent: 0,
        MaximumPercent: 100,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
      HealthCheckGracePeriodSeconds: 240,
      LoadBalancers: [
        { ContainerName: 'helios', ContainerPort: heliosPort, TargetGroupArn: ref('TargetGroup') },
      ],
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'ENABLED',
          Subnets: subnets,
          SecurityGroups: [own, ...securityGroups.slice(1)],
        },
      },
      Tags: tagsOf(settings),
    },
  };
}
