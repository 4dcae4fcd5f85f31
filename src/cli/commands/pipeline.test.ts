import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

test.each([
  ['failed', 'error', ''],
  ['retrying', 'warning', 'It waits for that, and tries again by itself.\n'],
])('a pipeline that was made but does not run says why: %s', async (state, word, then) => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-cli-pipeline-'));
  await using api = await FakeApi.start();
  try {
    const script = join(folder, 'shop.sql');
    await writeFile(script, 'select 1;');
    const valid = { valid: true, errors: [], sinks: [] };
    api.routes['POST /api/v1/pipelines/validate'] = { body: valid };
    const message = 'The Kafka topic "t" does not exist on b:9092.';
    const error = { id: 'e1', code: 'stream_missing', message, hint: 'Make it.' };
    const body = { name: 'shop', state, sources: [], sinks: [], error };
    api.routes['POST /api/v1/pipelines'] = { status: 201, body };
    const words = ['pipeline', 'create', 'shop', script, '--url', api.url];
    const run = await runToEnd(words, {});
    expect(run).toMatchObject({ exitCode: 0, stdout: '' });
    expect(run.stderr).toBe(
      `Created pipeline shop: ${state}.\n${word}: ${message}\nhint: Make it.\n${then}`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an empty script is told as one', async () => {
  await using api = await FakeApi.start();
  const run = await runToEnd(['pipeline', 'create', 'shop', '/dev/null', '--url', api.url], {});
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toBe(
    'error: /dev/null is empty.\nhint: Give a file, - for stdin, or -c with the SQL.\n',
  );
  expect(api.seen).toEqual([]);
});
