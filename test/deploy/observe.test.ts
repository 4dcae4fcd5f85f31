import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';

const moto = await startMoto();

afterAll(async () => await moto?.[Symbol.asyncDispose]());

test.skipIf(moto === undefined)(
  'a machine: its lines and its metrics are in the log, its token is one of SSM',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'helios-observe-'));
    const aws = new Aws(moto as MotoPeer);
    await aws.call('ssm', 'AmazonSSM.PutParameter', {
      ...{ Name: '/helios/shop/admin-token', Type: 'SecureString' },
      Value: `hls_${'a'.repeat(40)}`,
    });
    const group = '/helios/shop';
    await aws.call('logs', 'Logs_20140328.CreateLogGroup', { logGroupName: group });
    const environment = {
      AWS_ENDPOINT_URL: aws.endpoint,
      ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      HELIOS_ADMIN_TOKEN: 'ssm:/helios/shop/admin-token',
      ...{ HELIOS_LOG_GROUP: group, HELIOS_INSTANCE: 'i-0abc', HELIOS_STACK: 'shop' },
    };
    const options = ['--require-token'];
    try {
      await using helios = await HeliosProcess.start({
        dataDirectory: folder,
        environment,
        options,
      });
      const program = [join(import.meta.dirname, '../../src/main.ts'), 'observe', '--to'];
      const observer = spawn(process.execPath, [...program, 'cloudwatch'], {
        env: { ...process.env, ...environment, HELIOS_URL: await helios.ready() },
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      observer.stdin.write('the boot said this\n');
      const exited = once(observer, 'exit');
      const place = { logGroupName: group, logStreamName: 'i-0abc', startFromHead: true };
      const isThere = (messages: readonly string[]): boolean =>
        messages.some((message) => message.includes('LagSeconds'));
      while (observer.exitCode === null && !isThere(await aws.messages(place))) await sleep(50);
      observer.stdin.end('the last line\n');
      expect(await exited).toEqual([0, null]);
      const messages = await aws.messages(place);
      expect(messages).toContain('the boot said this');
      expect(messages.at(-1)).toBe('the last line');
      const metrics = messages.find((message) => message.includes('_aws')) ?? '{}';
      expect(JSON.parse(metrics)).toMatchObject({ Stack: 'shop', LagSeconds: 0, IngestErrors: 0 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** moto takes any signature: what is asked here is only which service it is. */
class Aws {
  readonly endpoint: string;

  constructor({ endpoint }: MotoPeer) {
    this.endpoint = endpoint;
  }

  async call(service: string, target: string, body: object): Promise<unknown> {
    const scope = `a/20261101/us-east-1/${service}/aws4_request`;
    const answer = await fetch(this.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** None while the stream isn't there. */
  async messages(place: object): Promise<readonly string[]> {
    const answer = await this.call('logs', 'Logs_20140328.GetLogEvents', place);
    const { events = [] } = answer as { events?: readonly { message: string }[] };
    return events.map(({ message }) => message);
  }
}
