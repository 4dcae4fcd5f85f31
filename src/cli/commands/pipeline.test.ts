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

test('a preview of a range prints rows as they come', async () => {
  await using api = await FakeApi.start();
  api.routes['POST /api/v1/pipelines/validate'] = { body: { valid: true, sinks: [] } };
  const lines = [
    { kind: 'columns', sink: 's', columns: [{ name: 'n', type: 'BIGINT' }] },
    { kind: 'rows', sink: 's', rows: [['1'], ['2']] },
    { kind: 'end', row_count: 2, rejected_count: 0, reason: 'sources_ended' },
  ];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  api.routes['POST /api/v1/pipelines/preview'] = { body };
  const range = ['--from', '{"orders/3":"12"}', '--until', 'latest'];
  const words = ['pipeline', 'preview', '-c', 'select 1', ...range, '--url', api.url];
  const run = await runToEnd(words, {});
  expect(run).toMatchObject({
    exitCode: 0,
    stdout: '{"sink":"s","row":{"n":"1"}}\n{"sink":"s","row":{"n":"2"}}\n',
    stderr: '2 rows, 0 rejected (sources ended). Nothing was written.\n',
  });
  expect(api.seen.at(-1)?.body).toMatchObject({ from: { 'orders/3': '12' }, until: 'latest' });
});

test('plans are printed as text, or as their graph', async () => {
  await using api = await FakeApi.start();
  const graph = { nodes: [{ id: 's', kind: 'sink', label: 's', details: {} }], edges: [] };
  const planned = { graph, plan: 'sink s\n└─ source t\n' };
  api.routes['POST /api/v1/pipelines/validate'] = { body: { valid: true, ...planned, sinks: [] } };
  api.routes['GET /api/v1/pipelines/shop/plan'] = { body: planned };
  const url = ['--url', api.url];
  for (const words of [
    ['pipeline', 'validate', '-c', 'select 1', '--plan'],
    ['pipeline', 'plan', 'shop'],
  ]) {
    const text = await runToEnd([...words, ...url], {});
    expect(text).toMatchObject({ exitCode: 0, stdout: planned.plan, stderr: '' });
    const json = await runToEnd([...words, '--json', ...url], {});
    expect(JSON.parse(json.stdout)).toEqual({ v: 1, ...planned });
  }
});
