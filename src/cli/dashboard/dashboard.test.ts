import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

let api: FakeApi;
let workingDirectory: string;

beforeEach(async () => {
  api = await FakeApi.start();
  workingDirectory = await mkdtemp(join(tmpdir(), 'helios-dashboards-'));
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(workingDirectory, { recursive: true, force: true });
});

async function run(...words: string[]) {
  return await runToEnd(['dashboard', ...words, '--url', api.url], { workingDirectory });
}

const text = 'dashboard: shop/live\npanels: []\n';

test('all are listed', async () => {
  const one = { path: 'shop/live', version: 'v', changed_at: '2026-01-01T00:00:00Z' };
  api.routes['GET /api/v1/library/dashboards'] = {
    body: { dashboards: [{ ...one, panel_count: 7, description: 'The shop' }] },
  };
  const { stdout } = await run('list');
  expect(stdout).toContain('shop/live');
  expect(stdout).toContain('The shop');
});

test('one is written to a file, or where it was asked for', async () => {
  api.routes['GET /api/v1/library/dashboards/shop%2Flive/file'] = { body: text };
  expect((await run('export', 'shop/live')).stdout).toBe(text);
  expect((await run('export', 'shop/live', 'live.yaml')).stderr).toContain('Wrote live.yaml.');
  expect(await readFile(join(workingDirectory, 'live.yaml'), 'utf8')).toBe(text);
  expect((await run('export', 'shop/live', 'live.yaml')).stderr).toContain('Replaced live.yaml.');
  const nowhere = await run('export', 'shop/live', 'no/such/folder.yaml');
  expect(nowhere).toMatchObject({ exitCode: 2 });
  expect(nowhere.stderr).toContain("Can't write no/such/folder.yaml");
});

const version = { kind: 'dashboard', path: 'shop/live', version: 'v1' };
const answer = { path: 'shop/live', documents: [{ ...version, outcome: 'made' }] };

test('a file is kept, and where it is to be seen is told', async () => {
  await writeFile(join(workingDirectory, 'live.yaml'), text);
  api.routes['POST /api/v1/library/import'] = { body: answer };
  const result = await run('import', 'live.yaml', '--as', 'mine');
  expect(api.seen[0]?.body).toEqual({ file: text, path: 'mine' });
  expect(result.stderr).toContain('Made the dashboard shop/live.');
  expect(result.stdout).toBe(`${api.url}/dashboards/shop/live\n`);
});

test('what is there is replaced only where that is asked for, in the versions that are there', async () => {
  await writeFile(join(workingDirectory, 'live.yaml'), text);
  const error = {
    code: 'conflict',
    message: 'The dashboard shop/live is there already, and not as in the file.',
    details: { conflicts: [{ ...version, changed_at: '2026-01-01T00:00:00Z' }] },
    id: '1',
  };
  api.routes['POST /api/v1/library/import'] = ({ body }) =>
    typeof body === 'object' && body !== null && 'replaces' in body
      ? { body: answer }
      : { status: 409, body: { error } };
  const refused = await run('import', 'live.yaml');
  expect(refused).toMatchObject({ exitCode: 6 });
  expect(refused.stderr).toContain('Give --replace');
  expect(api.seen).toHaveLength(1);
  expect(await run('import', 'live.yaml', '--replace')).toMatchObject({ exitCode: 0 });
  expect(api.seen.at(-1)?.body).toEqual({ file: text, replaces: [version] });
});

test('what is wrong with a file is told with its places', async () => {
  await writeFile(join(workingDirectory, 'bad.yaml'), 'panels: 1\nlast: x\n');
  const errors = [
    { message: 'panels must be array.', position: { line: 1, column: 9, length: 1 } },
    { message: 'last is odd.', position: { line: 2, column: 7, length: 1 } },
  ];
  const [first] = errors;
  api.routes['POST /api/v1/library/import'] = {
    status: 400,
    body: { error: { code: 'invalid_config', ...first, details: { errors }, id: '1' } },
  };
  const { exitCode, stderr } = await run('import', 'bad.yaml');
  expect(exitCode).toBe(3);
  expect(stderr).toContain('at bad.yaml:1:9');
  expect(stderr).toContain('at bad.yaml:2:7');
  expect(stderr).toContain('last is odd.');
});
