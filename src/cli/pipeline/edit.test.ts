import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliResult, FakeApi, runToEnd } from '../testing/fixture.ts';

const pipeline = {
  name: 'shop',
  state: 'running',
  sources: [],
  sinks: [{ table: 'shop_events', connector: 'delta', rows_out: 9, hot_rows: 0, rolled_epoch: 1 }],
};
const lost = {
  effect: 'lost',
  kind: 'tumble',
  label: 'tumble(1 minute)',
  sinks: ['minutes'],
  state: { rows: 3, bytes: 90, windows: 2 },
  message: 'tumble(1 minute): lost, with 2 open windows, 3 rows.',
};
const sinks = [{ table: 'minutes', effect: 'kept', columns: [], message: 'minutes: as it is.' }];
const gentle = { loses_state: false, operators: [], sources: [], sinks };
const losing = { ...gentle, loses_state: true, operators: [lost] };

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-cli-'));
  await writeFile(join(folder, 'shop.sql'), 'select 1');
  Object.assign(api.routes, {
    'GET /api/v1/pipelines/shop': { body: pipeline },
    'POST /api/v1/pipelines/validate': { body: { valid: true, sinks: [] } },
    'PATCH /api/v1/pipelines/shop': { body: pipeline },
    'PATCH /api/v1/pipelines/shop?discard=true': { body: pipeline },
  });
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function edit(words: string, consequences: object): Promise<CliResult> {
  api.routes['POST /api/v1/pipelines/shop/consequences'] = { body: consequences };
  const all = ['pipeline', 'edit', 'shop', 'shop.sql', ...words.split(' ').filter(Boolean)];
  return await runToEnd(all, { environment: { HELIOS_URL: api.url }, workingDirectory: folder });
}

const path = 'PATCH /api/v1/pipelines/shop';

test.each<[string, object, string, object]>([
  ['', gentle, path, { sql: 'select 1' }],
  ['--drop-state', gentle, path, { sql: 'select 1' }],
  ['--drop-state', losing, path, { sql: 'select 1', drop_state: true }],
  ['--yes', losing, path, { sql: 'select 1', drop_state: true }],
  ['--discard --yes', losing, `${path}?discard=true`, { sql: 'select 1' }],
])('edit %s, where that loses %o, becomes its request', async (words, answer, route, body) => {
  expect(await edit(words, answer)).toMatchObject({ exitCode: 0 });
  expect(api.seen.at(-1)).toMatchObject({ route, body });
});

test('what is lost is said, and nothing is changed without an answer', async () => {
  const result = await edit('', losing);
  expect(result).toMatchObject({ exitCode: 6, stdout: '' });
  expect(result.stderr).toContain(lost.message);
  expect(result.stderr).toContain('What is kept for tumble(1 minute) will be lost.');
  expect(api.seen.map(({ route }) => route)).not.toContain(path);
});

test('--dry-run says all of it, as lines and as JSON', async () => {
  const result = await edit('--dry-run', losing);
  expect(result).toMatchObject({
    exitCode: 0,
    stdout: `${lost.message}\nminutes: as it is.\n`,
  });
  expect(result.stderr).toContain('--drop-state');
  const json = await edit('--dry-run --json', losing);
  expect(JSON.parse(json.stdout)).toMatchObject(losing);
  expect(api.seen.map(({ route }) => route)).not.toContain(path);
});
