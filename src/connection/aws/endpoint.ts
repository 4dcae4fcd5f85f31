/** Where a service of AWS is, when it is not where AWS has it: as for AWS's own tools. */
export function endpointOf(
  service: 'kinesis' | 's3' | 'secretsmanager' | 'ssm' | 'sts',
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = `AWS_ENDPOINT_URL_${variableNames[service]}`;
  const endpoint = environment[name] ?? environment['AWS_ENDPOINT_URL'];
  return endpoint === '' ? undefined : endpoint;
}

const variableNames = {
  kinesis: 'KINESIS',
  s3: 'S3',
  secretsmanager: 'SECRETS_MANAGER',
  ssm: 'SSM',
  sts: 'STS',
} as const;

/** The address of a service in a region. */
export function addressOf(service: string, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${service}.${region}.${domain}`;
}
