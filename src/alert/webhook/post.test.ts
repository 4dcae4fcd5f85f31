import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { postJson } from './post.ts';

test('an answer that never comes is a failure in time', async () => {
  const server = createServer(() => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://localhost:${(server.address() as AddressInfo).port}/path`);
  const { signal } = new AbortController();
  await expect(postJson(url, {}, { signal, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(
      /^The webhook at http:\/\/localhost:\d+ can't be reached \(no answer/,
    ),
  });
  server.closeAllConnections();
  server.close();
});
