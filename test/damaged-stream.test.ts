import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StreamListAnswer } from '../src/server/api.ts';
import { HeliosProcess } from './process/helios-process.ts';

type Examined = {
  readonly checks: readonly { readonly name: string; readonly status: string }[];
};

async function send(helios: HeliosProcess, stream: string): Promise<Response> {
  return await helios.request(`/ingest/${stream}`, { method: 'POST', body: '{"n":1}' });
}

test('a damaged stream keeps neither the start nor the other streams', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'helios-damaged-'));
  try {
    {
      await using helios = await HeliosProcess.start({ dataDirectory });
      await helios.call('POST', '/api/v1/streams', { name: 'orders' });
      for (let count = 0; count < 2; count++)
        expect((await send(helios, 'orders')).status).toBe(200);
      await helios.stop();
    }
    const index = join(dataDirectory, 'log', 'orders', '0', `${'0'.repeat(20)}.index`);
    const whole = await readFile(index);
    await writeFile(index, Buffer.alloc(72));
    await appendFile(index, whole);
    await using helios = await HeliosProcess.start({ dataDirectory });
    const message = expect.stringMatching(/^The stream "orders" is damaged\. .*\.index/);
    const error = { code: 'corrupt_data', message, hint: expect.stringContaining('Restore') };
    expect((await send(helios, 'events')).status).toBe(200);
    const refused = await send(helios, 'orders');
    expect([refused.status, await refused.json()]).toMatchObject([500, { error }]);
    const { streams, damaged } = await helios.call<StreamListAnswer>('GET', '/api/v1/streams');
    expect(streams.map(({ name }) => name)).toEqual(['events']);
    expect(damaged).toMatchObject([{ name: 'orders', error }]);
    const { checks } = await helios.call<Examined>('GET', '/api/v1/doctor');
    const finding = checks.find(({ name }) => name === 'streams');
    expect(finding).toMatchObject({ status: 'fail', message });
    const sql = `CREATE TABLE orders (n BIGINT) WITH (connector = 'http', format = 'json',
        type = 'source', stream = 'orders');
      CREATE TABLE kept WITH (connector = 'delta', path = '${join(dataDirectory, 'kept')}');
      INSERT INTO kept SELECT n FROM orders;`;
    await expect(helios.call('POST', '/api/v1/pipelines', { name: 'p', sql })).rejects.toThrow(
      'The stream \\"orders\\" is damaged.',
    );
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
});
