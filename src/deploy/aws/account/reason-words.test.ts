import { expect, test } from 'vitest';
import { reasonInWords } from './reason-words.ts';

const wrapped = (said: string): string =>
  `Resource handler returned message: "${said} (Service: Ec2, Status Code: 400, Request ID: 12-ab) ` +
  '(SDK Attempt Count: 1)" (RequestToken: 1f, HandlerErrorCode: ServiceLimitExceeded)';

test.each<[reason: string, said: string, hint: RegExp | undefined]>([
  [
    wrapped('The maximum number of addresses has been reached.'),
    'The maximum number of addresses has been reached',
    /Service Quotas, EC2-VPC Elastic IPs/,
  ],
  [wrapped('The maximum number of VPCs has been reached.'), 'The maximum number of VPCs', /VPC/],
  [
    'You have requested more vCPU capacity than your current vCPU limit of 0 allows',
    'You have requested more vCPU',
    /Running On-Demand/,
  ],
  [
    'We currently do not have sufficient t4g.small capacity in the zone you requested',
    'We currently do not have sufficient t4g.small capacity',
    /--size/,
  ],
  [
    'Failed to receive 1 resource signal(s) within the specified duration',
    'Failed to receive 1 resource signal(s) within the specified duration',
    /helios logs/,
  ],
  [
    'Received 0 SUCCESS signal(s) out of 1. Unable to satisfy 100% MinSuccessfulInstancesPercent',
    'Received 0 SUCCESS signal(s)',
    /helios logs/,
  ],
  [
    'User: arn:aws:iam::1:user/a is not authorized to perform: cloudfront:CreateDistribution',
    'User: arn:aws:iam::1:user/a is not authorized',
    /cloudfront:CreateDistribution allowed/,
  ],
  [
    wrapped('Your account must be verified before you can add new CloudFront resources.'),
    'Your account must be verified',
    /AWS Support/,
  ],
  [wrapped('CNAMEAlreadyExists'), 'CNAMEAlreadyExists', /domain/],
  [
    'The specified SSL certificate does not exist',
    'The specified SSL certificate does not exist',
    /us-east-1/,
  ],
  [
    'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
    'The bucket you tried to delete is not empty',
    /--keep-bucket/,
  ],
  [
    'resource vpc-1 has dependencies and cannot be deleted',
    'resource vpc-1 has dependencies',
    /not of this stack/,
  ],
  ['/helios/shop already exists in stack arn:1', '/helios/shop already exists', /--name/],
  [wrapped('Rate exceeded'), 'Rate exceeded', /run this again/],
  ['Internal Failure', 'Internal Failure', undefined],
])('%s', (reason, said, hint) => {
  const words = reasonInWords(reason);
  expect(words.said).toContain(said);
  expect(words.said).not.toMatch(/RequestToken|Request ID|\n/);
  expect(words.isConsequence).toBe(false);
  if (hint === undefined) expect(words.hint).toBeUndefined();
  else expect(words.hint).toMatch(hint);
});

test.each([
  'Resource creation cancelled',
  'Resource update cancelled',
  'The following resource(s) failed to create: [Machine]. Rollback requested by user.',
])('%s: because of another', (reason) => {
  expect(reasonInWords(reason).isConsequence).toBe(true);
});

test('no reason is said as that', () => {
  expect(reasonInWords(undefined).said).toBe('AWS gave no reason');
});
