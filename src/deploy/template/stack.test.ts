import { describe, expect, test } from 'vitest';
import { everything, smallSettings, variants } from '../testing/variants.ts';
import { iamInWords, statementsOf } from '../permissions/iam-in-words.ts';
import type { Text } from './intrinsic.ts';
import { hasBundle } from './names.ts';
import type { Statement } from './policy.ts';
import { stackTemplate, templateBytesMax, templateText } from './stack.ts';
import type { Resource, Template } from './template.ts';

const all = Object.entries({
  ...variants,
  everything: everything.ec2,
  everythingOnFargate: everything.fargate,
}).map(([name, settings]) => ({ name, settings, template: stackTemplate(settings) }));

describe.each(all)('$name', ({ settings, template }) => {
  test('is small enough to be sent, and to be looked through', () => {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(40);
    expect(Buffer.byteLength(templateText(template))).toBeLessThanOrEqual(templateBytesMax);
  });

  test('allows nothing by a star, and only things with a name of its own', () => {
    const allowed = statements(template).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(5);
    for (const statement of allowed) {
      expect([statement.Action].flat().filter((action) => action.includes('*'))).toEqual([]);
      for (const resource of resourcesOf(statement)) {
        expect(isOwn(resource, statement, settings.name), `${statement.Sid}: ${resource}`).toBe(
          true,
        );
      }
    }
  });

  test('gives no right over users, roles, keys or other stacks', () => {
    const actions = statements(template).flatMap(({ Effect, Action }) =>
      Effect === 'Allow' ? [Action].flat() : [],
    );
    const services = new Set(actions.map((action) => action.split(':')[0]));
    for (const service of ['iam', 'sts', 'organizations', 'lambda', 'ecs']) {
      expect(services).not.toContain(service);
    }
    expect(actions.filter((action) => /^(cloudformation|kms|ec2):/.test(action))).toSatisfy(
      (found: readonly string[]) =>
        found.every((action) =>
          ['cloudformation:SignalResource', 'kms:Decrypt', 'ec2:AssociateAddress'].includes(action),
        ),
    );
  });

  test('says in words every right that it gives', () => {
    const words = iamInWords(template);
    expect(words).toHaveLength(statements(template).length);
    for (const { Sid, Action } of statements(template)) {
      const said = words.find((line) => line.includes(`(${[Action].flat().join(', ')})`));
      expect(said, Sid).toMatch(/ may (?!\w+:\w)/);
    }
  });

  test('tags whatever can be tagged', () => {
    const untagged = Object.entries(template.Resources).filter(
      ([, { Type, Properties }]) => !untaggable.has(Type) && !('Tags' in Properties),
    );
    expect(untagged.map(([name]) => name)).toEqual([]);
    for (const { Properties } of Object.values(template.Resources)) {
      if (!('Tags' in Properties)) continue;
      const keys = Properties.Tags.map(({ Key }) => Key);
      expect(keys).toEqual(expect.arrayContaining(['helios:stack', 'helios:version']));
    }
  });

  test('has a bucket and a log before there is a bundle, and nothing else', () => {
    const unconditional = Object.entries(template.Resources)
      .filter(([, { Condition }]) => Condition !== hasBundle)
      .map(([name]) => name);
    const bucket = settings.dataBucket === undefined ? ['Bucket', 'BucketPolicy'] : [];
    expect(unconditional).toEqual([...bucket, 'LogGroup']);
    const text = JSON.stringify(unconditional.map((name) => template.Resources[name]));
    const conditional = Object.keys(template.Resources).filter((n) => !unconditional.includes(n));
    for (const name of conditional) expect(text).not.toContain(`"${name}"`);
  });

  test('lets in CloudFront alone, at one port', () => {
    const groups = ofType(template, 'AWS::EC2::SecurityGroup');
    const ingress = groups.flatMap(({ Properties }) => Properties.SecurityGroupIngress);
    expect(ingress).not.toEqual([]);
    for (const rule of ingress) {
      expect(rule).toMatchObject({ FromPort: 7311, ToPort: 7311 });
      expect(rule).not.toHaveProperty('CidrIp');
    }
    expect(ofType(template, 'AWS::EC2::Subnet')).toSatisfy(
      (subnets: readonly { Properties: { MapPublicIpOnLaunch: boolean } }[]) =>
        subnets.every(({ Properties }) => !Properties.MapPublicIpOnLaunch),
    );
    expect(JSON.stringify(template)).not.toMatch(/NatGateway|0\.0\.0\.0\/0","FromPort":(22|7311)/);
  });

  test('holds no secret: the one that it needs is a parameter that is not shown', () => {
    expect(template.Parameters['OriginSecret']).toMatchObject({ NoEcho: true, Default: '' });
    const secretParts = Object.entries(template.Resources)
      .filter(([, resource]) => JSON.stringify(resource).includes('OriginSecret'))
      .map(([name]) => name);
    expect(secretParts).toEqual(['Distribution']);
  });
});

describe('the bucket', () => {
  const { Bucket, BucketPolicy } = stackTemplate(smallSettings).Resources;

  test('stays, is closed to the public, encrypted, versioned, and tidies up', () => {
    expect(Bucket).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
          ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
        },
      },
    });
    const rules = JSON.stringify(Bucket?.Properties);
    expect(rules).toContain('"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":3}');
    expect(rules).toContain('"NoncurrentVersionExpiration":{"NoncurrentDays":7}');
  });

  test('refuses whoever comes without TLS', () => {
    expect(BucketPolicy).toMatchObject({
      Properties: {
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    });
  });
});

describe('the machine', () => {
  const { LaunchTemplate, Machine } = stackTemplate(smallSettings).Resources;

  test('gives its credentials to no container and no old protocol; its disk is encrypted', () => {
    expect(LaunchTemplate?.Properties).toMatchObject({
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeType: 'gp3' } }],
      },
    });
  });

  test('is one, is never two, and has to say that it is well', () => {
    expect(Machine).toMatchObject({
      CreationPolicy: { ResourceSignal: { Count: 1, Timeout: 'PT12M' } },
      UpdatePolicy: {
        AutoScalingRollingUpdate: { MinInstancesInService: 0, WaitOnResourceSignals: true },
      },
      Properties: { MinSize: '1', MaxSize: '1' },
    });
  });
});

test('a stream is read by what reads it, its key only through Kinesis', () => {
  const { streams } = variants;
  const found = statements(stackTemplate(streams ?? smallSettings));
  const read = found.find(({ Sid }) => Sid === 'ReadStreams');
  expect(read?.Action).not.toContain('kinesis:PutRecords');
  expect(read?.Resource).toEqual(streams?.streams.map(({ arn }) => arn));
  expect(found.find(({ Sid }) => Sid === 'DecryptStreams')).toMatchObject({
    Action: ['kms:Decrypt'],
    Condition: { StringEquals: { 'kms:ViaService': ['kinesis.eu-central-1.amazonaws.com'] } },
  });
});

test('a notebook reads tables: neither the state nor the program', () => {
  const { ReadPolicy } = stackTemplate(smallSettings).Resources;
  const text = JSON.stringify(ReadPolicy);
  expect(text).toContain('/tables/*');
  expect(text).not.toMatch(/state|releases|PutObject|DeleteObject/);
});

test('the address of one region is called differently', () => {
  const nameOf = (region: string): string =>
    JSON.stringify(stackTemplate({ ...smallSettings, region }).Resources['Distribution']);
  expect(nameOf('us-east-1')).toContain('"ec2-"');
  expect(nameOf('us-east-1')).toContain('".compute-1.amazonaws.com"');
  expect(nameOf('eu-central-1')).toContain('".eu-central-1.compute.amazonaws.com"');
});

const untaggable = new Set<string>([
  'AWS::S3::BucketPolicy',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::Route',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::LaunchTemplate',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::ManagedPolicy',
  'AWS::SNS::Subscription',
  'AWS::Route53::RecordSet',
  'AWS::ElasticLoadBalancingV2::Listener',
]);

function statements(template: Template): readonly Statement[] {
  return Object.values(template.Resources).flatMap((resource) => statementsOf(resource));
}

function ofType<Type extends Resource['Type']>(
  template: Template,
  type: Type,
): Extract<Resource, { readonly Type: Type }>[] {
  return Object.values(template.Resources).filter(
    (resource): resource is Extract<Resource, { readonly Type: Type }> => resource.Type === type,
  );
}

function resourcesOf({ Resource: resource }: Statement): readonly string[] {
  return [resource ?? []].flat().map((text: Text) => JSON.stringify(text));
}

/**
 * Whether a resource is the stack's own (by a reference, or by a name that begins as its names do),
 * or given by name in the settings. Machines have no names: they are told by the stack's tag.
 */
function isOwn(resource: string, { Condition }: Statement, name: string): boolean {
  if (/"(Ref|Fn::GetAtt)":/.test(resource)) return true;
  if (/\$\{Bucket\}|:::helios-|\/helios\/|\$\{Address\.AllocationId\}/.test(resource)) return true;
  const given = /^"arn:aws:(kinesis|kms|kafka):[^*]+(\/\*)?"$/;
  if (given.test(resource)) return true;
  const tag = Condition?.['StringEquals']?.['aws:ResourceTag/helios:stack'];
  return tag === name && /:(instance|network-interface)\/\*"/.test(resource);
}
