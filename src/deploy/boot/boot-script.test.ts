import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { smallSettings } from '../testing/variants.ts';
import type { Text } from '../template/intrinsic.ts';
import { stackTemplate } from '../template/stack.ts';
import { bootScript } from './boot-script.ts';

let root: string;
let bundle: Buffer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'helios-boot-'));
  await mkdir(join(root, 'helios'));
  await writeFile(join(root, 'helios', 'helios'), '#!/bin/sh\n', { mode: 0o755 });
  await promisify(execFile)('tar', ['-czf', 'made.tar.gz', 'helios'], { cwd: root });
  bundle = await readFile(join(root, 'made.tar.gz'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/**
 * Programs that the script calls: each notes how it was called, then does what `body` says. What is
 * not there is not found.
 */
async function fake(name: string, body = ''): Promise<void> {
  const path = join(root, 'bin', name);
  await mkdir(join(root, 'bin'), { recursive: true });
  await writeFile(path, `#!/bin/bash\necho "${name} $*" >> "$FAKES/calls"\n${body}\n`);
  await chmod(path, 0o755);
}

/** A machine on which everything works. */
async function fakeMachine(): Promise<void> {
  await fake('logger');
  await fake('systemctl');
  await fake('journalctl', `printf 'it said "no"\\nand ended\\t\\n'`);
  await fake('sleep');
  await fake('curl', `case "$*" in *api/token*) echo TOKEN;; *instance-id*) echo i-0abc;; esac`);
  await fake('aws', `case "$1 $2" in "s3 cp") cp "$FAKES/../made.tar.gz" "\${!#}";; esac`);
}

async function boot(overrides: Readonly<Record<string, string>> = {}): Promise<{
  readonly code: number | null;
  readonly output: string;
  readonly calls: readonly string[];
}> {
  const environment = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    FAKES: join(root, 'bin'),
    ROOT: join(root, 'machine'),
    PACE: '60',
    STACK_ID: 'arn:aws:cloudformation:us-east-1:1:stack/helios-shop/1',
    STACK_NAME: 'helios-shop',
    GROUP_NAME: 'Machine',
    AWS_REGION: 'us-east-1',
    BUCKET: 'bucket',
    BUNDLE_KEY: 'releases/helios.tar.gz',
    BUNDLE_SHA256: createHash('sha256').update(bundle).digest('hex'),
    ADDRESS_ID: 'eipalloc-1',
    LOG_GROUP: '/helios/shop',
    HELIOS_SETTINGS: 'HELIOS_HOST=0.0.0.0\nHELIOS_ACK=s3',
    ...overrides,
  };
  const child = spawn('/bin/bash', ['-c', bootScript], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  const code = await promise;
  const noted = await readFile(join(root, 'bin', 'calls'), 'utf8').catch(() => '');
  return { code, output, calls: noted.trim().split('\n') };
}

describe('a machine that starts', () => {
  test('unpacks the bundle, starts Helios, takes the address, and says so', async () => {
    await fakeMachine();
    const { code, output, calls } = await boot();
    expect(output).toContain('well: helios-shop on i-0abc');
    expect(code).toBe(0);
    const machine = join(root, 'machine');
    expect(await readlink(join(machine, 'opt/helios/current'))).toMatch(/[0-9a-f]{64}\/helios$/);
    expect(await readFile(join(machine, 'etc/helios/helios.env'), 'utf8')).toBe(
      'HELIOS_HOST=0.0.0.0\nHELIOS_ACK=s3\nHELIOS_INSTANCE=i-0abc\n',
    );
    const unit = await readFile(join(machine, 'etc/systemd/system/helios.service'), 'utf8');
    expect(unit).toContain('ProtectSystem=strict');
    const order = [
      'aws s3 cp --no-progress --region us-east-1 s3://bucket/releases/helios.tar.gz',
      'systemctl enable --now helios.service',
      'curl -sf --max-time 5 -o /dev/null http://127.0.0.1:7311/healthz',
      'aws ec2 associate-address --region us-east-1 --instance-id i-0abc --allocation-id eipalloc-1',
      'aws cloudformation signal-resource --region us-east-1 --stack-name arn:aws',
    ].map((call) => calls.findIndex((line) => line.startsWith(call)));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(calls.at(-1)).toContain('--unique-id i-0abc --status SUCCESS');
  });

  test('is well where nobody waits for its signal', async () => {
    await fakeMachine();
    await fake(
      'aws',
      `case "$1 $2" in "s3 cp") cp "$FAKES/../made.tar.gz" "\${!#}";;
      "cloudformation "*) exit 254;; esac`,
    );
    expect(await boot()).toMatchObject({ code: 0 });
  });
});

describe('a machine that fails', () => {
  const copy = `"s3 cp") cp "$FAKES/../made.tar.gz" "\${!#}";;`;
  const metadata = `case "$*" in *api/token*) echo TOKEN;; *instance-id*) echo i-0abc;;`;
  const step = "Helios's machine failed at: ";
  test.each([
    ['another bundle', {}, { BUNDLE_SHA256: '0'.repeat(64) }, 'checking the sha256 of the bundle'],
    ['no bundle', { aws: 'exit 1' }, {}, 'fetching s3://bucket/releases/helios.tar.gz'],
    ['no unit', { systemctl: 'exit 1' }, {}, 'starting Helios'],
    [
      'a Helios that never answers',
      { curl: `${metadata} *healthz*) exit 22;; esac` },
      {},
      'waiting until /healthz answers',
    ],
    [
      'an address that is not to be had',
      { aws: `case "$1 $2" in ${copy} "ec2 "*) exit 255;; esac` },
      {},
      'taking the address eipalloc-1',
    ],
  ])('%s: says where, and lets CloudFormation go back', async (_what, fakes, values, where) => {
    await fakeMachine();
    for (const [name, body] of Object.entries(fakes)) await fake(name, body);
    const { code, output, calls } = await boot(values);
    expect(code).toBe(1);
    expect(output).toContain(`${step}${where}`);
    const signals = calls.filter((call) => call.includes('signal-resource'));
    expect(signals).toEqual([expect.stringContaining('--status FAILURE')]);
    const report = calls.find((call) => call.startsWith('aws logs put-log-events')) ?? '';
    const [, events = '[]'] = /--log-events (.*)$/.exec(report) ?? [];
    expect(JSON.parse(events)).toMatchObject([
      { message: `${step}${where}. it said "no" and ended ` },
    ]);
  });

  test('turns itself off where nobody waits, for the next to try', async () => {
    await fakeMachine();
    await fake('aws', 'exit 1');
    const { code, calls } = await boot();
    expect(code).toBe(1);
    expect(calls.at(-1)).toBe('systemctl poweroff');
  });
});

test('what a machine gets is a script, of a size that EC2 takes', async () => {
  const { LaunchTemplate } = stackTemplate(smallSettings).Resources;
  expect(LaunchTemplate?.Type).toBe('AWS::EC2::LaunchTemplate');
  if (LaunchTemplate?.Type !== 'AWS::EC2::LaunchTemplate') return;
  const script = filledIn(LaunchTemplate.Properties.LaunchTemplateData.UserData['Fn::Base64']);
  expect(Buffer.byteLength(script)).toBeLessThan(16 * 1024);
  expect(script).toMatch(/^#!\/bin\/bash\nSTACK_ID='/);
  const path = join(root, 'user-data.sh');
  await writeFile(path, script);
  await promisify(execFile)('bash', ['-n', path]);
});

/** As CloudFormation would, with some name for each thing. */
function filledIn(text: Text): string {
  if (typeof text === 'string') return text;
  if (!('Fn::Join' in text)) return 'a-name-that-is-as-long-as-one-of-aws-may-be';
  const [between, parts] = text['Fn::Join'];
  return 'length' in parts ? parts.map((part) => filledIn(part)).join(between) : 'split';
}
