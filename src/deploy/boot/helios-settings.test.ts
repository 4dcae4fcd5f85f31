import { expect, test } from 'vitest';
import { resolveConfig } from '../../cli/config.ts';
import { parameterPath } from '../settings/settings.ts';
import { smallSettings, variants } from '../testing/variants.ts';
import { heliosSettings } from './helios-settings.ts';

test.each(Object.entries(variants))('helios start understands those of %s', async (_, settings) => {
  const known = heliosSettings(settings).map(([name, value]) => [name, filledIn(name, value)]);
  const environment = Object.fromEntries(known) as Record<string, string>;
  const { config } = await resolveConfig({ flags: {}, environment, file: undefined });
  expect(config).toMatchObject({
    ...{ host: '0.0.0.0', port: 7311, ack: 's3', ack_interval: '3000ms' },
    ...{ state: 's3://bucket/state', state_interval: '60000ms', cache_size: '5GB' },
    admin_token: `ssm:${parameterPath(settings, 'admin-token')}`,
    origin_secret: `ssm:${parameterPath(settings, 'origin-secret')}`,
  });
  expect(config.public_url).toMatch(/^https:\/\//);
});

test('no value breaks out of its quotes in the machine’s script', () => {
  for (const [name, value] of heliosSettings(smallSettings)) {
    expect(name).toMatch(/^[A-Z_]+$/);
    expect(JSON.stringify(value)).not.toMatch(/['\n$`]/);
  }
});

/** What CloudFormation works out. */
function filledIn(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  return name === 'HELIOS_STATE' ? 's3://bucket/state' : 'https://d111111abcdef8.cloudfront.net';
}
