import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import {
  KinesisClient,
  ListStreamsCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, expect, test, vi } from 'vitest';
import { KinesisHttpHandler } from './kinesis-http.ts';

/** A key and a certificate for tests, which the emulator brings. */
const { server: identity } = JSON.parse(
  readFileSync(new URL(import.meta.resolve('kinesis-local/server.json')), 'utf8'),
) as { readonly server: { readonly key: string; readonly cert: string } };

vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
afterAll(() => {
  vi.unstubAllEnvs();
});

test.each<[string, string, string]>([
  ['https', '1.1', '2.0'],
  ['http', '1.1', '1.1'],
])('over %s: HTTP/%s for calls, HTTP/%s for what is pushed', async (protocol, called, pushed) => {
  const versions: string[] = [];
  const refuse = (
    request: { readonly httpVersion: string },
    response: { writeHead(status: number): unknown; end(body: string): unknown },
  ): void => {
    versions.push(request.httpVersion);
    response.writeHead(400);
    response.end('{"__type":"ResourceNotFoundException"}');
  };
  const server: Server =
    protocol === 'https'
      ? createSecureServer({ ...identity, allowHTTP1: true }, refuse)
      : createServer(refuse);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new KinesisClient({
    endpoint: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new KinesisHttpHandler({}),
  });
  const subscribe = new SubscribeToShardCommand({
    ConsumerARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1',
    ShardId: 'shardId-000000000000',
    StartingPosition: { Type: 'LATEST' },
  });
  const missing = { name: 'ResourceNotFoundException' };
  await expect(client.send(new ListStreamsCommand({}))).rejects.toMatchObject(missing);
  await expect(client.send(subscribe)).rejects.toMatchObject(missing);
  expect(versions).toEqual([called, pushed]);
  client.destroy();
  server.close();
});
