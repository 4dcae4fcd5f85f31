/** Kinds of resources in words of people, for plans and progress. */
const kinds: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'S3 bucket',
  'AWS::S3::BucketPolicy': 'policy of the bucket',
  'AWS::IAM::Role': 'IAM role',
  'AWS::IAM::Policy': 'IAM policy',
  'AWS::IAM::ManagedPolicy': 'IAM policy',
  'AWS::IAM::InstanceProfile': 'IAM instance profile',
  'AWS::EC2::VPC': 'network (VPC)',
  'AWS::EC2::Subnet': 'subnet',
  'AWS::EC2::InternetGateway': 'internet gateway',
  'AWS::EC2::VPCGatewayAttachment': 'internet gateway of the network',
  'AWS::EC2::RouteTable': 'route table',
  'AWS::EC2::Route': 'route',
  'AWS::EC2::SubnetRouteTableAssociation': 'route table of the subnet',
  'AWS::EC2::VPCEndpoint': 'free way to S3 (VPC endpoint)',
  'AWS::EC2::SecurityGroup': 'security group',
  'AWS::EC2::SecurityGroupIngress': 'rule of the security group',
  'AWS::EC2::EIP': 'public address (Elastic IP)',
  'AWS::EC2::LaunchTemplate': 'launch template',
  'AWS::AutoScaling::AutoScalingGroup': 'machine (auto-scaling group of one)',
  'AWS::CloudFront::Distribution': 'HTTPS address (CloudFront)',
  'AWS::Logs::LogGroup': 'log group',
  'AWS::Logs::MetricFilter': 'metric from logs',
  'AWS::CloudWatch::Alarm': 'alarm',
  'AWS::SNS::Topic': 'topic of alarms',
  'AWS::SNS::Subscription': 'mail of alarms',
  'AWS::SSM::Parameter': 'parameter',
  'AWS::Kinesis::Stream': 'Kinesis stream',
  'AWS::Route53::RecordSet': 'DNS record',
  'AWS::ECS::Cluster': 'ECS cluster',
  'AWS::ECS::TaskDefinition': 'Fargate task',
  'AWS::ECS::Service': 'Fargate service',
  'AWS::CloudFormation::Stack': 'stack',
};

export function kindInWords(type: string): string {
  return kinds[type] ?? type;
}

/** `S3 bucket DataBucket`. */
export function resourceInWords({ logicalId, type }: ResourceName): string {
  return `${kindInWords(type)} ${logicalId}`;
}

export type ResourceName = { readonly logicalId: string; readonly type: string };

/** Why one waits long for some; from AWS's documentation, not measured. */
const waits: Readonly<Record<string, string>> = {
  'AWS::CloudFront::Distribution': 'it spreads over the world, some minutes',
  'AWS::AutoScaling::AutoScalingGroup': 'boots, fetches the bundle, says that it is healthy',
  'AWS::ECS::Service': 'starts, fetches the bundle, says that it is healthy',
  'AWS::EC2::InternetGateway': 'until nothing uses it any more',
};

export function waitInWords(type: string): string | undefined {
  return waits[type];
}
