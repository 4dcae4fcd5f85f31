import type { Resource } from '../template/template.ts';

type TypeName = Resource['Type'];

/** What CloudFormation does in the name of whoever deploys, to make, change and remove a type. */
export const typeActions: Readonly<Record<TypeName, readonly string[]>> = {
  'AWS::S3::Bucket': of(
    's3',
    'CreateBucket DeleteBucket GetBucketTagging PutBucketTagging PutBucketVersioning ' +
      'PutBucketPublicAccessBlock PutBucketOwnershipControls PutEncryptionConfiguration ' +
      'PutLifecycleConfiguration ListTagsForResource TagResource UntagResource',
  ),
  'AWS::S3::BucketPolicy': of('s3', 'GetBucketPolicy PutBucketPolicy DeleteBucketPolicy'),
  'AWS::Logs::LogGroup': of(
    'logs',
    'CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy TagResource ' +
      'UntagResource ListTagsForResource',
  ),
  'AWS::CloudWatch::Alarm': of(
    'cloudwatch',
    'PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource ListTagsForResource',
  ),
  'AWS::SNS::Topic': of(
    'sns',
    'CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes TagResource UntagResource ' +
      'ListTagsForResource ListSubscriptionsByTopic',
  ),
  'AWS::SNS::Subscription': of('sns', 'Subscribe Unsubscribe GetSubscriptionAttributes'),
  'AWS::Kinesis::Stream': of(
    'kinesis',
    'CreateStream DeleteStream DescribeStreamSummary UpdateShardCount StartStreamEncryption ' +
      'StopStreamEncryption IncreaseStreamRetentionPeriod DecreaseStreamRetentionPeriod ' +
      'ListTagsForStream AddTagsToStream RemoveTagsFromStream ListTagsForResource TagResource ' +
      'UntagResource',
  ),
  'AWS::IAM::Role': of(
    'iam',
    'CreateRole GetRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy ' +
      'PutRolePolicy GetRolePolicy DeleteRolePolicy TagRole UntagRole',
  ),
  'AWS::IAM::InstanceProfile': of(
    'iam',
    'CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile ' +
      'RemoveRoleFromInstanceProfile',
  ),
  'AWS::IAM::ManagedPolicy': of(
    'iam',
    'CreatePolicy GetPolicy GetPolicyVersion DeletePolicy CreatePolicyVersion ' +
      'DeletePolicyVersion ListPolicyVersions ListEntitiesForPolicy',
  ),
  'AWS::EC2::VPC': of(
    'ec2',
    'CreateVpc DeleteVpc ModifyVpcAttribute DescribeVpcs DescribeVpcAttribute CreateTags ' +
      'DeleteTags',
  ),
  'AWS::EC2::InternetGateway': of(
    'ec2',
    'CreateInternetGateway DeleteInternetGateway DescribeInternetGateways',
  ),
  'AWS::EC2::VPCGatewayAttachment': of('ec2', 'AttachInternetGateway DetachInternetGateway'),
  'AWS::EC2::Subnet': of(
    'ec2',
    'CreateSubnet DeleteSubnet ModifySubnetAttribute DescribeSubnets DescribeAvailabilityZones',
  ),
  'AWS::EC2::RouteTable': of('ec2', 'CreateRouteTable DeleteRouteTable DescribeRouteTables'),
  'AWS::EC2::Route': of('ec2', 'CreateRoute DeleteRoute'),
  'AWS::EC2::SubnetRouteTableAssociation': of('ec2', 'AssociateRouteTable DisassociateRouteTable'),
  'AWS::EC2::VPCEndpoint': of(
    'ec2',
    'CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint DescribeVpcEndpoints',
  ),
  'AWS::EC2::SecurityGroup': of(
    'ec2',
    'CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups ' +
      'AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress AuthorizeSecurityGroupEgress ' +
      'RevokeSecurityGroupEgress DescribeManagedPrefixLists',
  ),
  'AWS::EC2::EIP': of(
    'ec2',
    'AllocateAddress ReleaseAddress DisassociateAddress DescribeAddresses',
  ),
  'AWS::EC2::LaunchTemplate': of(
    'ec2',
    'CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate ' +
      'DescribeLaunchTemplates DescribeLaunchTemplateVersions RunInstances',
  ),
  'AWS::AutoScaling::AutoScalingGroup': of(
    'autoscaling',
    'CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup ' +
      'DescribeAutoScalingGroups DescribeScalingActivities SuspendProcesses ResumeProcesses ' +
      'TerminateInstanceInAutoScalingGroup CreateOrUpdateTags DeleteTags DescribeTags',
  ),
  'AWS::CloudFront::Distribution': of(
    'cloudfront',
    'CreateDistribution GetDistribution GetDistributionConfig ' +
      'UpdateDistribution DeleteDistribution TagResource UntagResource ListTagsForResource',
  ),
  'AWS::CloudFront::VpcOrigin': of(
    'cloudfront',
    'CreateVpcOrigin GetVpcOrigin UpdateVpcOrigin DeleteVpcOrigin',
  ),
  'AWS::Route53::RecordSet': of(
    'route53',
    'ChangeResourceRecordSets ListResourceRecordSets GetHostedZone GetChange',
  ),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': of(
    'elasticloadbalancing',
    'CreateLoadBalancer DeleteLoadBalancer DescribeLoadBalancers ' +
      'DescribeLoadBalancerAttributes SetSubnets SetSecurityGroups AddTags RemoveTags DescribeTags',
  ),
  'AWS::ElasticLoadBalancingV2::TargetGroup': of(
    'elasticloadbalancing',
    'CreateTargetGroup DeleteTargetGroup DescribeTargetGroups DescribeTargetGroupAttributes ' +
      'ModifyTargetGroup ModifyTargetGroupAttributes DescribeTargetHealth',
  ),
  'AWS::ElasticLoadBalancingV2::Listener': of(
    'elasticloadbalancing',
    'CreateListener DeleteListener ModifyListener DescribeListeners',
  ),
  'AWS::ECS::Cluster': of(
    'ecs',
    'CreateCluster DeleteCluster UpdateCluster DescribeClusters TagResource UntagResource',
  ),
  'AWS::ECS::TaskDefinition': of(
    'ecs',
    'RegisterTaskDefinition DeregisterTaskDefinition DescribeTaskDefinition',
  ),
  'AWS::ECS::Service': of(
    'ecs',
    'CreateService UpdateService DeleteService DescribeServices ListServiceDeployments ' +
      'DescribeServiceDeployments',
  ),
};

/** `s3:GetObject` of `s3` and `GetObject`. */
export function of(service: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `${service}:${name}`);
}
