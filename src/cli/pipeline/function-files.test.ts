import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseScript } from '../../sql/parse-script.ts';
import { type CliResult, FakeApi, runToEnd } from '../testing/fixture.ts';

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-cli-'));
  await mkdir(join(folder, 'shop/lib'), { recursive: true });
  const body = { valid: true, graph: { nodes: [], edges: [] }, sinks: [] };
  api.routes['POST /api/v1/pipelines/validate'] = { body };
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function validate(file: string): Promise<CliResult> {
  const words = ['pipeline', 'validate', file, '--url', api.url];
  return await runToEnd(words, { workingDirectory: folder });
}

const table = "CREATE TABLE t (a TEXT) WITH (connector = 'http');";
const functions = `CREATE FUNCTION f(a TEXT) RETURNS TEXT LANGUAGE ts FROM 'lib/f.ts';
CREATE FUNCTION g(a TEXT) RETURNS TEXT LANGUAGE js FROM 'lib/g.js' AS 'its own';
SELECT f(a), g(a) FROM t;`;

test('the texts of functions are sent within the script, which keeps its lines', async () => {
  const code = "export const f = (a) => 'it''s \\n \\\\ é' + `$$`;\r\n// \t end\n";
  await writeFile(join(folder, 'shop/lib/f.ts'), code);
  await writeFile(join(folder, 'shop/shop.sql'), `${table}\n${functions}`);
  expect(await validate('shop/shop.sql')).toMatchObject({ exitCode: 0 });
  const [{ body } = { body: {} }] = api.seen;
  const sql = String((body as { readonly sql?: unknown }).sql);
  const parsed = parseScript(sql);
  expect(parsed.kind === 'ok' ? parsed.script.functions : parsed).toMatchObject([
    { name: 'f', path: 'lib/f.ts', code, position: { line: 2 } },
    { name: 'g', path: 'lib/g.js', code: 'its own', position: { line: 3 } },
  ]);
  expect(sql.split('\n').at(-1)).toBe('SELECT f(a), g(a) FROM t;');
});

test('a file that is missing is shown where it is named, and nothing is sent', async () => {
  await writeFile(join(folder, 'shop.sql'), `${table}\n${functions}`);
  const result = await validate('shop.sql');
  expect(result.exitCode).toBe(3);
  expect(result.stderr).toContain("error: Can't read lib/f.ts: ENOENT");
  expect(result.stderr).toContain('at shop.sql:2:');
  expect(api.seen).toEqual([]);
});
