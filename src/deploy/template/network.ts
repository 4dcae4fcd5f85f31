import type { DeploySettings } from '../settings/settings.ts';
import { attribute, availabilityZone, ref, type Text } from './intrinsic.ts';
import { hasBundle as Condition, heliosPort, tagsOf } from './names.ts';
import type { Resources, SecurityRule } from './template.ts';

/** Where the machine stands: of a network of the stack's own, or of one that was there. */
export type Place = {
  readonly vpc: Text;
  readonly subnets: readonly Text[];
  readonly securityGroups: readonly Text[];
};

export function placeOf({ network }: Pick<DeploySettings, 'network'>): Place {
  const own = attribute('SecurityGroup', 'GroupId');
  if (network === undefined) {
    return {
      vpc: ref('Vpc'),
      subnets: subnetNames.map((name) => ref(name)),
      securityGroups: [own],
    };
  }
  return {
    vpc: network.vpc,
    subnets: network.subnets,
    securityGroups: [own, ...network.securityGroups],
  };
}

/** A network with public subnets in two zones; a gateway to S3, which costs nothing; no NAT. */
export function networkOf(settings: DeploySettings): Resources {
  const group = { SecurityGroup: securityGroup(settings) };
  if (settings.network !== undefined) return group;
  const Tags = tagsOf(settings);
  return {
    Vpc: {
      Type: 'AWS::EC2::VPC',
      Condition,
      Properties: {
        CidrBlock: '10.73.0.0/24',
        EnableDnsHostnames: true,
        EnableDnsSupport: true,
        Tags,
      },
    },
    InternetGateway: { Type: 'AWS::EC2::InternetGateway', Condition, Properties: { Tags } },
    GatewayAttachment: {
      Type: 'AWS::EC2::VPCGatewayAttachment',
      Condition,
      Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('InternetGateway') },
    },
    RouteTable: {
      Type: 'AWS::EC2::RouteTable',
      Condition,
      Properties: { VpcId: ref('Vpc'), Tags },
    },
    Route: {
      Type: 'AWS::EC2::Route',
      Condition,
      DependsOn: 'GatewayAttachment',
      Properties: {
        RouteTableId: ref('RouteTable'),
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: ref('InternetGateway'),
      },
    },
    ...Object.fromEntries(subnetNames.flatMap((name, index) => subnet(settings, name, index))),
    S3Endpoint: {
      Type: 'AWS::EC2::VPCEndpoint',
      Condition,
      Properties: {
        VpcEndpointType: 'Gateway',
        VpcId: ref('Vpc'),
        ServiceName: `com.amazonaws.${settings.region}.s3`,
        RouteTableIds: [ref('RouteTable')],
        Tags,
      },
    },
    ...group,
  };
}

/** Two: not every zone has every kind of machine, and a zone may fail. */
const subnetNames = ['SubnetOne', 'SubnetTwo'];

/** What has to be there before a machine of the stack's own network gets anywhere. */
export const waysOut: readonly string[] = [
  'Route',
  'S3Endpoint',
  ...subnetNames.map((name) => `${name}Routes`),
];

function subnet(
  settings: DeploySettings,
  name: string,
  index: number,
): readonly [string, Resources[string]][] {
  return [
    [
      name,
      {
        Type: 'AWS::EC2::Subnet',
        Condition,
        Properties: {
          VpcId: ref('Vpc'),
          CidrBlock: `10.73.0.${index * 64}/26`,
          AvailabilityZone: availabilityZone(index),
          MapPublicIpOnLaunch: false,
          Tags: tagsOf(settings),
        },
      },
    ],
    [
      `${name}Routes`,
      {
        Type: 'AWS::EC2::SubnetRouteTableAssociation',
        Condition,
        Properties: { SubnetId: ref(name), RouteTableId: ref('RouteTable') },
      },
    ],
  ];
}

/** Out: HTTPS (AWS, webhooks, updates), registries of schemas, brokers of Kafka. */
export const outwards: readonly SecurityRule[] = [
  { ports: [443, 443], Description: 'HTTPS' },
  { ports: [8081, 8081], Description: 'Registries of schemas' },
  { ports: [9092, 9198], Description: 'Brokers of Kafka' },
].map(({ ports: [FromPort = 0, ToPort = 0], Description }) => ({
  ...{ IpProtocol: 'tcp', FromPort, ToPort, Description },
  CidrIp: '0.0.0.0/0',
}));

/**
 * Of the machine, or of the load balancer before a task. In comes CloudFront, at one port: its list
 * counts as 55 of the 60 rules that a group may have.
 */
function securityGroup(settings: DeploySettings): Resources[string] {
  const port = { IpProtocol: 'tcp', FromPort: heliosPort, ToPort: heliosPort } as const;
  return {
    Type: 'AWS::EC2::SecurityGroup',
    Condition,
    Properties: {
      VpcId: placeOf(settings).vpc,
      GroupDescription: 'Helios: in from CloudFront alone',
      SecurityGroupIngress: [
        {
          ...port,
          SourcePrefixListId: ref('CloudFrontPrefixList'),
          Description: 'CloudFront',
        },
      ],
      SecurityGroupEgress:
        settings.compute === 'ec2'
          ? outwards
          : [{ ...port, CidrIp: '0.0.0.0/0', Description: 'The task' }],
      Tags: tagsOf(settings),
    },
  };
}
