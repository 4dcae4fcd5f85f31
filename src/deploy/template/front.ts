import type { DeploySettings, OwnDomain } from '../settings/settings.ts';
import { attribute, joined, ref, type Text, withDashes } from './intrinsic.ts';
import { hasBundle as Condition, heliosPort, originSecretHeader, tagsOf } from './names.ts';
import type { DistributionConfig, DistributionOrigin, Resources } from './template.ts';

/**
 * HTTPS for the world. CloudFront comes to the machine by an address that stays when the machine
 * is another one; without a machine, to the load balancer inside of the network.
 */
export function frontOf(settings: DeploySettings): Resources {
  const isMachine = settings.compute === 'ec2';
  return {
    ...(isMachine ? { Address: address(settings) } : { VpcOrigin: vpcOrigin(settings) }),
    Distribution: {
      Type: 'AWS::CloudFront::Distribution',
      Condition,
      Properties: {
        DistributionConfig: distribution(settings, isMachine ? machineOrigin(settings) : inner),
        Tags: tagsOf(settings),
      },
    },
    ...(settings.domain === undefined ? {} : aliases(settings.domain)),
  };
}

/** Where Helios is, for those who use it. */
export function publicUrl({ domain }: Pick<DeploySettings, 'domain'>): Text {
  if (domain !== undefined) return `https://${domain.name}`;
  return joined('https://', attribute('Distribution', 'DomainName'));
}

function address(settings: DeploySettings): Resources[string] {
  return {
    Type: 'AWS::EC2::EIP',
    Condition,
    ...(settings.network === undefined ? { DependsOn: 'GatewayAttachment' } : {}),
    Properties: { Domain: 'vpc', Tags: tagsOf(settings) },
  };
}

function distribution(settings: DeploySettings, origin: DistributionOrigin): DistributionConfig {
  const { domain } = settings;
  return {
    Enabled: true,
    Comment: `helios-${settings.name}`,
    HttpVersion: 'http2and3',
    IPV6Enabled: true,
    PriceClass: 'PriceClass_All',
    ...(domain === undefined ? {} : { Aliases: [domain.name] }),
    ViewerCertificate:
      domain === undefined
        ? { CloudFrontDefaultCertificate: true }
        : {
            AcmCertificateArn: domain.certificateArn,
            SslSupportMethod: 'sni-only',
            MinimumProtocolVersion: 'TLSv1.2_2021',
          },
    Origins: [origin],
    DefaultCacheBehavior: {
      TargetOriginId: origin.Id,
      ViewerProtocolPolicy: 'redirect-to-https',
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      CachePolicyId: cachingDisabled,
      OriginRequestPolicyId: allOfTheViewer,
      Compress: false,
    },
  };
}

/** Policies of AWS's, the same in every account: nothing is cached, everything passed on. */
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const allOfTheViewer = '216adef6-5c7f-47e4-b989-5492eafa07d3';

/** As long as CloudFront waits for the first byte of an answer, unless its quota is raised. */
const timeoutS = 60;

const OriginCustomHeaders = [{ HeaderName: originSecretHeader, HeaderValue: ref('OriginSecret') }];

/** CloudFront takes names alone: that of the address, as AWS's DNS has it. */
function machineOrigin({ region }: DeploySettings): DistributionOrigin {
  const domain =
    region === 'us-east-1' ? '.compute-1.amazonaws.com' : `.${region}.compute.amazonaws.com`;
  return {
    Id: 'helios',
    DomainName: joined('ec2-', withDashes(ref('Address')), domain),
    OriginCustomHeaders,
    CustomOriginConfig: {
      HTTPPort: heliosPort,
      OriginProtocolPolicy: 'http-only',
      OriginReadTimeout: timeoutS,
      OriginKeepaliveTimeout: timeoutS,
    },
  };
}

const inner: DistributionOrigin = {
  Id: 'helios',
  DomainName: attribute('LoadBalancer', 'DNSName'),
  OriginCustomHeaders,
  VpcOriginConfig: {
    VpcOriginId: ref('VpcOrigin'),
    OriginReadTimeout: timeoutS,
    OriginKeepaliveTimeout: timeoutS,
  },
};

function vpcOrigin(settings: DeploySettings): Resources[string] {
  return {
    Type: 'AWS::CloudFront::VpcOrigin',
    Condition,
    DependsOn: 'Listener',
    Properties: {
      VpcOriginEndpointConfig: {
        Name: `helios-${settings.name}`,
        Arn: ref('LoadBalancer'),
        HTTPPort: heliosPort,
        OriginProtocolPolicy: 'http-only',
      },
      Tags: tagsOf(settings),
    },
  };
}

/** The zone of all of CloudFront, for aliases. */
const cloudFrontZone = 'Z2FDTNDATAQYW2';

function aliases({ name, hostedZoneId }: OwnDomain): Resources {
  if (hostedZoneId === undefined) return {};
  const record = (Type: 'A' | 'AAAA'): Resources[string] => ({
    Type: 'AWS::Route53::RecordSet',
    Condition,
    Properties: {
      HostedZoneId: hostedZoneId,
      Name: name,
      Type,
      AliasTarget: {
        DNSName: attribute('Distribution', 'DomainName'),
        HostedZoneId: cloudFrontZone,
      },
    },
  });
  return { AliasA: record('A'), AliasAaaa: record('AAAA') };
}
