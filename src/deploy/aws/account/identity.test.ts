import { expect, test } from 'vitest';
import { simulatedOf } from './identity.ts';

test.each([
  ['arn:aws:iam::1:user/team/anna', { kind: 'arn', arn: 'arn:aws:iam::1:user/team/anna' }],
  ['arn:aws:sts::1:assumed-role/Deployer/anna@x', { kind: 'role', role: 'Deployer' }],
  [
    'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1a/anna',
    { kind: 'role', role: 'AWSReservedSSO_Admin_1a' },
  ],
  ['arn:aws:iam::1:root', { kind: 'none' }],
  ['arn:aws:sts::1:federated-user/anna', { kind: 'none' }],
])('%s', (arn, simulated) => {
  expect(simulatedOf(arn)).toEqual(simulated);
});
