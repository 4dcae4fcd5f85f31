import { bootScript, bootVariables } from '../boot/boot-script.ts';
import { heliosSettings } from '../boot/helios-settings.ts';
import { type DeploySettings, logGroupName, stackName } from '../settings/settings.ts';
import { machineSizes } from '../settings/sizes.ts';
import { attribute, joined, ref, type Text } from './intrinsic.ts';
import { bucketName, hasBundle as Condition, tagsOf } from './names.ts';
import { placeOf, waysOut } from './network.ts';
import type { LaunchTemplateData, Resources } from './template.ts';

/**
 * One machine that replaces itself. Nothing that matters is on its disk alone. A new version takes
 * the old one's place (never two at once), and has to say that it is well, or CloudFormation goes
 * back to the one before.
 */
export function instanceOf(settings: DeploySettings): Resources {
  return {
    LaunchTemplate: {
      Type: 'AWS::EC2::LaunchTemplate',
      Condition,
      Properties: {
        LaunchTemplateData: machine(settings),
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: tagsOf(settings) }],
      },
    },
    Machine: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Condition,
      ...(settings.network === undefined ? { DependsOn: waysOut } : {}),
      CreationPolicy: { ResourceSignal: { Count: 1, Timeout: bootTime } },
      UpdatePolicy: {
        AutoScalingRollingUpdate: {
          MinInstancesInService: 0,
          MaxBatchSize: 1,
          WaitOnResourceSignals: true,
          PauseTime: bootTime,
          SuspendProcesses: [
            'HealthCheck',
            'ReplaceUnhealthy',
            'AZRebalance',
            'AlarmNotification',
            'ScheduledActions',
          ],
        },
      },
      Properties: {
        MinSize: '1',
        MaxSize: '1',
        HealthCheckType: 'EC2',
        HealthCheckGracePeriod: 300,
        VPCZoneIdentifier: placeOf(settings).subnets,
        LaunchTemplate: {
          LaunchTemplateId: ref('LaunchTemplate'),
          Version: attribute('LaunchTemplate', 'LatestVersionNumber'),
        },
        Tags: tagsOf(settings).map((tag) => ({ ...tag, PropagateAtLaunch: true })),
      },
    },
  };
}

/** Longer than the waits of the boot script together. */
const bootTime = 'PT12M';

function machine(settings: DeploySettings): LaunchTemplateData {
  const Tags = tagsOf(settings);
  return {
    ImageId: ref('ImageId'),
    InstanceType: machineSizes[settings.size].instanceType,
    IamInstanceProfile: { Arn: attribute('InstanceProfile', 'Arn') },
    // With one hop no container, and nothing that is passed on, gets at the role's credentials.
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'disabled',
    },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: settings.diskGb,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    // With standard credits a new machine has none: it would start, and answer, at a fifth of its
    // speed. What this may cost is in the estimate's assumptions.
    CreditSpecification: { CpuCredits: 'unlimited' },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: true,
        Groups: placeOf(settings).securityGroups,
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
    UserData: { 'Fn::Base64': userData(settings) },
  };
}

function userData(settings: DeploySettings): Text {
  const values: Readonly<Record<(typeof bootVariables)[number], Text>> = {
    STACK_ID: ref('AWS::StackId'),
    STACK_NAME: stackName(settings),
    GROUP_NAME: 'Machine',
    AWS_REGION: settings.region,
    BUCKET: bucketName(settings),
    BUNDLE_KEY: ref('BundleKey'),
    BUNDLE_SHA256: ref('BundleSha256'),
    ADDRESS_ID: attribute('Address', 'AllocationId'),
    LOG_GROUP: logGroupName(settings),
  };
  const lines = bootVariables.flatMap((name): readonly Text[] => [
    `${name}='`,
    values[name],
    "'\n",
  ]);
  const settingLines = heliosSettings(settings).flatMap(([name, value], index): readonly Text[] => [
    `${index === 0 ? '' : '\n'}${name}=`,
    value,
  ]);
  return joined('#!/bin/bash\n', ...lines, "HELIOS_SETTINGS='", ...settingLines, "'\n", bootScript);
}
