import { expect, test } from 'vitest';
import type { Change } from './change-set.ts';
import { planCounts, planInWords } from './plan-words.ts';

const change = (
  action: Change['action'],
  logicalId: string,
  type: string,
  properties: readonly string[] = [],
): Change => ({ action, logicalId, type, physicalId: undefined, properties });

const changes = [
  change('change', 'LaunchTemplate', 'AWS::EC2::LaunchTemplate', ['LaunchTemplateData']),
  change('add', 'Stream', 'AWS::Kinesis::Stream'),
  change('delete', 'Old', 'AWS::SomeNew::Thing'),
  change('replace', 'LogGroup', 'AWS::Logs::LogGroup', ['LogGroupName']),
  change('maybe-replace', 'Subnet', 'AWS::EC2::Subnet', ['AvailabilityZone']),
];

test('a plan in words: added, changed, replaced, deleted', () => {
  expect(planInWords(changes)).toEqual([
    'Added:',
    '  + Stream, Kinesis stream',
    'Changed:',
    '  ~ LaunchTemplate, launch template: LaunchTemplateData',
    'Replaced (made anew, the old one deleted):',
    '  ~ LogGroup, log group: LogGroupName',
    'Changed, perhaps by being made anew:',
    '  ~ Subnet, subnet: AvailabilityZone',
    'Deleted:',
    '  - Old, AWS::SomeNew::Thing',
  ]);
});

test('a plan in numbers', () => {
  expect(planCounts(changes)).toBe('1 added, 1 changed, 2 replaced, 1 deleted');
  expect(planCounts([])).toBe('nothing');
});
