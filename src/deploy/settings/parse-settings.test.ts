import { describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { everything, smallSettings, variants } from '../testing/variants.ts';
import { parseSettings } from './parse-settings.ts';
import { settingsText } from './write-settings.ts';

describe('what is written is read', () => {
  const odd = {
    ...smallSettings,
    profile: 'true',
    size: 'medium',
    diskGb: 100,
    ackIntervalMs: 250,
    stateIntervalMs: 3_600_000,
    logDays: 365,
  } as const;
  test.each(Object.entries({ ...variants, ...everything, odd }))('%s', async (_name, settings) => {
    const written = settingsText(settings);
    expect(definedOf(await read(written))).toEqual(definedOf(settings));
    expect(settingsText(await read(written))).toBe(written);
  });

  test('what stands in comments is right, too', async () => {
    const written = settingsText(smallSettings);
    const uncommented = written
      .replaceAll(/^# (?=(?:name|profile|size|compute|[a-z_]+:| {2}\S))/gm, '')
      .replaceAll('…', 'x')
      .replaceAll('NAME-ACCOUNT-REGION', 'x');
    const lines = uncommented.split('\n').filter((line) => /^( {2}|[a-z_]+:)/.test(line));
    const settings = await read(lines.join('\n'));
    expect(settings.domain?.name).toBe('events.example.com');
    expect(settings.network?.subnets).toEqual(['subnet-0a1b2c3d']);
    expect(settings.streams).toHaveLength(1);
  });
});

describe('what is wrong', () => {
  const named = 'name: shop\nregion: eu-central-1\n';
  test.each([
    ['', ['1: name is missing', '1: region is missing']],
    ['name: Shop\n', ['1: name: "Shop" is not a name of 2 to 24', '1: region is missing']],
    [`${named}sise: small`, ['3: there is no setting named "sise": "size"?']],
    [
      `${named}size: huge\ndisk_gb: 5\nlog_days: 15\n`,
      [
        '3: size: "huge" is not one of small, medium, large',
        '4: disk_gb: 5 is not a whole number from 10 to 16000',
        '5: log_days: 15 is not one of the days',
      ],
    ],
    [`${named}ack_interval: 3`, ['3: ack_interval: 3 is not a duration from 50ms to 1m']],
    [`${named}state_interval: 2h`, ['is not a duration from 1s to 1h']],
    [`${named}streams: clicks`, ['3: streams is not a list']],
    [`${named}streams:\n  - clicks`, ['4: streams[0] is not a group of settings']],
    [
      `${named}streams:\n  - arn: arn:aws:s3:::b\n  - key: 1\n`,
      ['4: streams[0].arn: "arn:aws:s3:::b" is not an ARN such as', '5: streams[1].arn is missing'],
    ],
    [
      `${named}domain:\n  name: events.example.com\n  certificate: arn:aws:acm:eu-central-1:111122223333:certificate/1`,
      ['arn:aws:acm:us-east-1:ACCOUNT:certificate/NAME'],
    ],
    [`${named}network:\n  vpc: subnet-1\n`, ['4: network.vpc', 'network.subnets is missing']],
    [`${named}alarm_email: team`, ['is not an address for mail']],
    ['name: [', ['this is not YAML']],
    ['- name: shop', ['1: the file must hold settings']],
  ])('%j', async (content, expected) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeliosError);
    const { code, message } = error as HeliosError;
    expect(code).toBe('invalid_config');
    for (const part of expected) expect(message).toContain(part);
    for (const line of message.split('\n'))
      expect(line).toMatch(/^helios\.deploy\.yaml:\d+: .*\.$/s);
  });
});

const read = async (text: string) => await parseSettings({ name: 'helios.deploy.yaml', text });

function definedOf(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
