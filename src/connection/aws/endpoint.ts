/** Where a service of AWS is, when it is not where AWS has it: as for AWS's own tools. */
export function endpointOf(
  service: AwsService,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = `AWS_ENDPOINT_URL_${variableNames[service]}`;
  const endpoint = environment[name] ?? environment['AWS_ENDPOINT_URL'];
  return endpoint === '' ? undefined : endpoint;
}

/** A service by the name that requests to it are signed with. */
export type AwsService = keyof typeof variableNames;

const variableNames = {
  ce: 'COST_EXPLORER',
  cloudformation: 'CLOUDFORMATION',
  ec2: 'EC2',
  iam: 'IAM',
  kinesis: 'KINESIS',
  logs: 'CLOUDWATCH_LOGS',
  s3: 'S3',
  secretsmanager: 'SECRETS_MANAGER',
  servicequotas: 'SERVICE_QUOTAS',
  ssm: 'SSM',
  sts: 'STS',
  tagging: 'RESOURCE_GROUPS_TAGGING_API',
} as const;

/** The address of a service in a region. */
export function addressOf(service: string, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${service}.${region}.${domain}`;
}
