import type { Text } from './intrinsic.ts';
import type { Statement } from './policy.ts';

/** A template of CloudFormation, of the parts that Helios uses. Plain JSON. */
export type Template = {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Conditions: Readonly<Record<string, Condition>>;
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, Output>>;
};

/** By their logical names, which are never changed: CloudFormation would make them anew. */
export type Resources = Readonly<Record<string, Resource>>;

export type Parameter = {
  readonly Type: 'String' | 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>';
  readonly Description: string;
  readonly Default?: string;
  readonly NoEcho?: true;
  readonly AllowedPattern?: string;
};

export type Condition = { readonly 'Fn::Not': readonly [Equals] };
type Equals = { readonly 'Fn::Equals': readonly [Text, Text] };

export type Output = {
  readonly Description: string;
  readonly Value: Text;
  readonly Condition?: string;
};

/** The types that the templates use, and no others. */
export type Resource = {
  [Type in keyof Properties]: ResourceOf<Type>;
}[keyof Properties];

type ResourceOf<Type extends keyof Properties> = {
  readonly Type: Type;
  readonly Properties: Properties[Type];
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: 'Retain' | 'RetainExceptOnCreate' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete';
  readonly CreationPolicy?: {
    readonly ResourceSignal: { readonly Count: number; readonly Timeout: string };
  };
  readonly UpdatePolicy?: { readonly AutoScalingRollingUpdate: RollingUpdate };
};

type RollingUpdate = {
  readonly MinInstancesInService: number;
  readonly MaxBatchSize: number;
  readonly WaitOnResourceSignals: boolean;
  readonly PauseTime: string;
  readonly SuspendProcesses: readonly string[];
};

export type Tag = { readonly Key: string; readonly Value: Text };
type Tagged = { readonly Tags: readonly Tag[] };

export type PolicyDocument = {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
};

type Port = {
  readonly IpProtocol: 'tcp';
  readonly FromPort: number;
  readonly ToPort: number;
  readonly Description: string;
};

/** Where a machine may go. */
export type SecurityRule = Port & { readonly CidrIp: string };

type ContainerDefinition = {
  readonly Name: string;
  readonly Image: string;
  readonly Essential: true;
  readonly ReadonlyRootFilesystem: boolean;
  readonly EntryPoint: readonly string[];
  readonly Command: readonly Text[];
  readonly Environment: readonly { readonly Name: string; readonly Value: Text }[];
  readonly PortMappings: readonly { readonly ContainerPort: number }[];
  readonly StopTimeout: number;
  readonly LogConfiguration: {
    readonly LogDriver: 'awslogs';
    readonly Options: Readonly<Record<string, Text>>;
  };
};

type AlarmMetric = {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: Text }[];
};

type Properties = {
  readonly 'AWS::S3::Bucket': Tagged & {
    readonly BucketName: Text;
    readonly VersioningConfiguration: { readonly Status: 'Enabled' };
    readonly PublicAccessBlockConfiguration: {
      readonly BlockPublicAcls: true;
      readonly BlockPublicPolicy: true;
      readonly IgnorePublicAcls: true;
      readonly RestrictPublicBuckets: true;
    };
    readonly OwnershipControls: {
      readonly Rules: readonly { readonly ObjectOwnership: 'BucketOwnerEnforced' }[];
    };
    readonly BucketEncryption: {
      readonly ServerSideEncryptionConfiguration: readonly {
        readonly ServerSideEncryptionByDefault: { readonly SSEAlgorithm: 'AES256' };
      }[];
    };
    readonly LifecycleConfiguration: { readonly Rules: readonly LifecycleRule[] };
  };
  readonly 'AWS::S3::BucketPolicy': {
    readonly Bucket: Text;
    readonly PolicyDocument: PolicyDocument;
  };
  readonly 'AWS::Logs::LogGroup': Tagged & {
    readonly LogGroupName: string;
    readonly RetentionInDays: number;
  };
  readonly 'AWS::CloudWatch::Alarm': Tagged &
    AlarmMetric & {
      readonly AlarmName: string;
      readonly AlarmDescription: string;
      readonly Statistic: 'Maximum' | 'Minimum' | 'Sum';
      readonly Period: number;
      readonly EvaluationPeriods: number;
      readonly Threshold: number;
      readonly ComparisonOperator: 'GreaterThanThreshold' | 'LessThanThreshold';
      readonly TreatMissingData: 'breaching' | 'notBreaching';
      readonly AlarmActions: readonly Text[];
      readonly OKActions: readonly Text[];
    };
  readonly 'AWS::SNS::Topic': Tagged & { readonly TopicName: string };
  readonly 'AWS::SNS::Subscription': {
    readonly TopicArn: Text;
    readonly Protocol: 'email';
    readonly Endpoint: string;
  };
  readonly 'AWS::Kinesis::Stream': Tagged & {
    readonly Name: string;
    readonly ShardCount: number;
    readonly RetentionPeriodHours: number;
    readonly StreamEncryption: { readonly EncryptionType: 'KMS'; readonly KeyId: string };
  };
  readonly 'AWS::IAM::Role': Tagged & {
    readonly RoleName?: string;
    readonly Description: string;
    readonly AssumeRolePolicyDocument: PolicyDocument;
    readonly Policies: readonly {
      readonly PolicyName: string;
      readonly PolicyDocument: PolicyDocument;
    }[];
  };
  readonly 'AWS::IAM::InstanceProfile': { readonly Roles: readonly Text[] };
  readonly 'AWS::IAM::ManagedPolicy': {
    readonly Description: string;
    readonly PolicyDocument: PolicyDocument;
  };
  readonly 'AWS::EC2::VPC': Tagged & {
    readonly CidrBlock: string;
    readonly EnableDnsHostnames: true;
    readonly EnableDnsSupport: true;
  };
  readonly 'AWS::EC2::InternetGateway': Tagged;
  readonly 'AWS::EC2::VPCGatewayAttachment': {
    readonly VpcId: Text;
    readonly InternetGatewayId: Text;
  };
  readonly 'AWS::EC2::Subnet': Tagged & {
    readonly VpcId: Text;
    readonly CidrBlock: string;
    readonly AvailabilityZone: Text;
    readonly MapPublicIpOnLaunch: boolean;
  };
  readonly 'AWS::EC2::RouteTable': Tagged & { readonly VpcId: Text };
  readonly 'AWS::EC2::Route': {
    readonly RouteTableId: Text;
    readonly DestinationCidrBlock: '0.0.0.0/0';
    readonly GatewayId: Text;
  };
  readonly 'AWS::EC2::SubnetRouteTableAssociation': {
    readonly SubnetId: Text;
    readonly RouteTableId: Text;
  };
  readonly 'AWS::EC2::VPCEndpoint': Tagged & {
    readonly VpcEndpointType: 'Gateway';
    readonly VpcId: Text;
    readonly ServiceName: string;
    readonly RouteTableIds: readonly Text[];
  };
  readonly 'AWS::EC2::SecurityGroup': Tagged & {
    readonly VpcId: Text;
    readonly GroupDescription: string;
    readonly SecurityGroupIngress: readonly (Port &
      ({ readonly SourcePrefixListId: Text } | { readonly SourceSecurityGroupId: Text }))[];
    readonly SecurityGroupEgress: readonly SecurityRule[];
  };
  readonly 'AWS::EC2::EIP': Tagged & { readonly Domain: 'vpc' };
  readonly 'AWS::EC2::LaunchTemplate': {
    readonly LaunchTemplateData: LaunchTemplateData;
    readonly TagSpecifications: readonly TagSpecification[];
  };
  readonly 'AWS::AutoScaling::AutoScalingGroup': {
    readonly MinSize: '1';
    readonly MaxSize: '1';
    readonly HealthCheckType: 'EC2';
    readonly HealthCheckGracePeriod: number;
    readonly VPCZoneIdentifier: readonly Text[];
    readonly LaunchTemplate: { readonly LaunchTemplateId: Text; readonly Version: Text };
    readonly Tags: readonly (Tag & { readonly PropagateAtLaunch: true })[];
  };
  readonly 'AWS::CloudFront::Distribution': Tagged & {
    readonly DistributionConfig: DistributionConfig;
  };
  readonly 'AWS::CloudFront::VpcOrigin': Tagged & {
    readonly VpcOriginEndpointConfig: {
      readonly Name: string;
      readonly Arn: Text;
      readonly HTTPPort: number;
      readonly OriginProtocolPolicy: 'http-only';
    };
  };
  readonly 'AWS::Route53::RecordSet': {
    readonly HostedZoneId: string;
    readonly Name: string;
    readonly Type: 'A' | 'AAAA';
    readonly AliasTarget: { readonly DNSName: Text; readonly HostedZoneId: string };
  };
  readonly 'AWS::ElasticLoadBalancingV2::LoadBalancer': Tagged & {
    readonly Type: 'network';
    readonly Scheme: 'internal';
    readonly Subnets: readonly Text[];
    readonly SecurityGroups: readonly Text[];
  };
  readonly 'AWS::ElasticLoadBalancingV2::TargetGroup': Tagged & {
    readonly Protocol: 'TCP';
    readonly Port: number;
    readonly TargetType: 'ip';
    readonly VpcId: Text;
    readonly HealthCheckProtocol: 'HTTP';
    readonly HealthCheckPath: '/healthz';
    readonly HealthCheckIntervalSeconds: number;
    readonly TargetGroupAttributes: readonly { readonly Key: string; readonly Value: string }[];
  };
  readonly 'AWS::ElasticLoadBalancingV2::Listener': {
    readonly LoadBalancerArn: Text;
    readonly Port: number;
    readonly Protocol: 'TCP';
    readonly DefaultActions: readonly {
      readonly Type: 'forward';
      readonly TargetGroupArn: Text;
    }[];
  };
  readonly 'AWS::ECS::Cluster': Tagged & { readonly ClusterName: string };
  readonly 'AWS::ECS::TaskDefinition': Tagged & {
    readonly Family: string;
    readonly Cpu: string;
    readonly Memory: string;
    readonly NetworkMode: 'awsvpc';
    readonly RequiresCompatibilities: readonly ['FARGATE'];
    readonly RuntimePlatform: {
      readonly CpuArchitecture: 'ARM64';
      readonly OperatingSystemFamily: 'LINUX';
    };
    readonly EphemeralStorage: { readonly SizeInGiB: number };
    readonly ExecutionRoleArn: Text;
    readonly TaskRoleArn: Text;
    readonly ContainerDefinitions: readonly ContainerDefinition[];
  };
  readonly 'AWS::ECS::Service': Tagged & {
    readonly ServiceName: string;
    readonly Cluster: Text;
    readonly TaskDefinition: Text;
    readonly DesiredCount: 1;
    readonly LaunchType: 'FARGATE';
    readonly PropagateTags: 'SERVICE';
    readonly DeploymentConfiguration: {
      readonly MinimumHealthyPercent: 0;
      readonly MaximumPercent: 100;
      readonly DeploymentCircuitBreaker: { readonly Enable: true; readonly Rollback: true };
    };
    readonly HealthCheckGracePeriodSeconds: number;
    readonly LoadBalancers: readonly {
      readonly ContainerName: string;
      readonly ContainerPort: number;
      readonly TargetGroupArn: Text;
    }[];
    readonly NetworkConfiguration: {
      readonly AwsvpcConfiguration: {
        readonly AssignPublicIp: 'ENABLED';
        readonly Subnets: readonly Text[];
        readonly SecurityGroups: readonly Text[];
      };
    };
  };
};

type LifecycleRule = {
  readonly Id: string;
  readonly Status: 'Enabled';
  readonly Prefix?: string;
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  readonly ExpiredObjectDeleteMarker?: true;
};

type TagSpecification = {
  readonly ResourceType: 'instance' | 'volume' | 'network-interface' | 'launch-template';
  readonly Tags: readonly Tag[];
};

export type LaunchTemplateData = {
  readonly ImageId: Text;
  readonly InstanceType: string;
  readonly IamInstanceProfile: { readonly Arn: Text };
  readonly MetadataOptions: {
    readonly HttpTokens: 'required';
    readonly HttpPutResponseHopLimit: 1;
    readonly HttpEndpoint: 'enabled';
    readonly InstanceMetadataTags: 'disabled';
  };
  readonly BlockDeviceMappings: readonly {
    readonly DeviceName: '/dev/xvda';
    readonly Ebs: {
      readonly VolumeType: 'gp3';
      readonly VolumeSize: number;
      readonly Encrypted: true;
      readonly DeleteOnTermination: true;
    };
  }[];
  readonly CreditSpecification: { readonly CpuCredits: 'unlimited' };
  readonly NetworkInterfaces: readonly {
    readonly DeviceIndex: 0;
    readonly AssociatePublicIpAddress: true;
    readonly Groups: readonly Text[];
  }[];
  readonly TagSpecifications: readonly TagSpecification[];
  readonly UserData: { readonly 'Fn::Base64': Text };
};

export type DistributionConfig = {
  readonly Enabled: true;
  readonly Comment: string;
  readonly HttpVersion: 'http2and3';
  readonly IPV6Enabled: true;
  readonly PriceClass: 'PriceClass_All';
  readonly Aliases?: readonly string[];
  readonly ViewerCertificate:
    | { readonly CloudFrontDefaultCertificate: true }
    | {
        readonly AcmCertificateArn: string;
        readonly SslSupportMethod: 'sni-only';
        readonly MinimumProtocolVersion: 'TLSv1.2_2021';
      };
  readonly Origins: readonly DistributionOrigin[];
  readonly DefaultCacheBehavior: {
    readonly TargetOriginId: string;
    readonly ViewerProtocolPolicy: 'redirect-to-https';
    readonly AllowedMethods: readonly string[];
    readonly CachePolicyId: string;
    readonly OriginRequestPolicyId: string;
    readonly Compress: false;
  };
};

export type DistributionOrigin = {
  readonly Id: string;
  readonly DomainName: Text;
  readonly OriginCustomHeaders: readonly {
    readonly HeaderName: string;
    readonly HeaderValue: Text;
  }[];
} & (
  | {
      readonly CustomOriginConfig: {
        readonly HTTPPort: number;
        readonly OriginProtocolPolicy: 'http-only';
        readonly OriginReadTimeout: number;
        readonly OriginKeepaliveTimeout: number;
      };
    }
  | {
      readonly VpcOriginConfig: {
        readonly VpcOriginId: Text;
        readonly OriginReadTimeout: number;
        readonly OriginKeepaliveTimeout: number;
      };
    }
);
