import { expect, test } from 'vitest';
import { deployDefaults } from '../../settings/settings.ts';
import { neededActions } from './needed-actions.ts';

const settings = { ...deployDefaults, name: 'shop', region: 'eu-central-1' };

test('IAM is asked about the things of this stack, each by an ARN that it may get', () => {
  const needed = neededActions(settings, '123456789012');
  const about = (action: string) => needed.find(({ actions }) => actions.includes(action));
  expect(about('cloudformation:CreateChangeSet')?.resources).toContain(
    'arn:aws:cloudformation:eu-central-1:123456789012:stack/helios-shop',
  );
  expect(about('s3:PutObject')?.resources).toContain('arn:aws:s3:::helios-shop/shop');
  expect(about('iam:PassRole')).toMatchObject({
    resources: ['arn:aws:iam::123456789012:role/helios-shop'],
    context: { 'iam:PassedToService': ['ec2.amazonaws.com'] },
  });
  expect(about('ce:GetCostAndUsage')).toBeUndefined();
  expect(about('ecs:CreateCluster')).toBeUndefined();
  const fargate = neededActions({ ...settings, compute: 'fargate' }, '123456789012');
  expect(fargate.flatMap(({ actions }) => actions)).toContain('ecs:CreateCluster');
});
