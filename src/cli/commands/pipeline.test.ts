import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

test('a pipeline that was made but does not run says why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-cli-pipeline-'));
  await using api = await FakeApi.start();
  try {
    const script = join(folder, 'shop.sql');
    await writeFile(script, 'select 1;');
    const valid = { valid: true, errors: [], sinks: [] };
    api.routes['POST /api/v1/pipelines/validate'] = { body: valid };
    const message = 'There is no connection named pord.';
    const error = { id: 'e1', code: 'not_found', message, hint: 'Did you mean prod?' };
    const body = { name: 'shop', state: 'failed', sources: [], sinks: [], error };
    api.routes['POST /api/v1/pipelines'] = { status: 201, body };
    const words = ['pipeline', 'create', 'shop', script, '--url', api.url];
    const run = await runToEnd(words, {});
    expect(run).toMatchObject({ exitCode: 0, stdout: '' });
    expect(run.stderr).toBe(
      `Created pipeline shop: failed.\nerror: ${message}\nhint: Did you mean prod?\n`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
