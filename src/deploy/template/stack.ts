import type { DeploySettings } from '../settings/settings.ts';
import { bucketOf } from './bucket.ts';
import { fargateOf } from './fargate.ts';
import { frontOf } from './front.ts';
import { instanceOf } from './instance.ts';
import { logsOf } from './logs.ts';
import { networkOf } from './network.ts';
import { outputsOf } from './outputs.ts';
import { conditions, parametersOf } from './parameters.ts';
import { rolesOf } from './roles.ts';
import { newStreamOf } from './streams.ts';
import type { Template } from './template.ts';

/** All that a team's Helios is in AWS. The same settings give the same template. */
export function stackTemplate(settings: DeploySettings): Template {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Helios (${settings.name}): event streams that answer SQL`,
    Parameters: parametersOf(settings),
    Conditions: conditions,
    Resources: {
      ...bucketOf(settings),
      ...logsOf(settings),
      ...newStreamOf(settings),
      ...networkOf(settings),
      ...rolesOf(settings),
      ...frontOf(settings),
      ...(settings.compute === 'ec2' ? instanceOf(settings) : fargateOf(settings)),
    },
    Outputs: outputsOf(settings),
  };
}

/** What CloudFormation takes with a request; more would have to be put into a bucket first. */
export const templateBytesMax = 51_200;

/** As it is sent: without spaces. */
export function templateText(template: Template): string {
  return JSON.stringify(template);
}
