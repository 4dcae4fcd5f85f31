import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runToEnd } from '../../src/cli/testing/fixture.ts';
import type { Notebook } from '../../src/server/notebook/notebook.ts';
import { notebookPython } from '../peers/notebook-python.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { duckdbHome, runNotebook } from './run-notebook.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const python = await notebookPython();

describe.skipIf(python === undefined)('notebooks over the tables of the demo', () => {
  let folder: string;
  let helios: HeliosProcess;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-notebook-'));
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    environment = { HELIOS_URL: await helios.ready(), HELIOS_TABLES: join(folder, 'tables') };
    const script = await readFile(join(root, 'examples', 'shop', 'pipeline.sql'), 'utf8');
    const sql = script.replaceAll(`'helios-data/`, `'${folder}/`);
    await helios.call('POST', '/api/v1/pipelines', { name: 'shop', sql });
    await cli('generate', '--count', '3000', '--rate', 'max', '--seed', '7');
    await until(
      async () => await helios.queryNumber('SELECT count(*) FROM shop_events'),
      (rows) => rows === 3000,
    );
    await cli('pipeline', 'stop', 'shop', '--yes');
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function cli(...words: readonly string[]): Promise<string> {
    const parts = { environment, workingDirectory: folder };
    const { exitCode, stdout, stderr } = await runToEnd(words, parts);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  }

  test('the example runs as it is', async () => {
    const file = join(folder, 'shop.ipynb');
    await cp(join(root, 'examples', 'notebook', 'shop.ipynb'), file);
    const shown = await runNotebook(python!, file, environment);
    const accounts = await helios.queryNumber('SELECT count(*) FROM account_created_sink');
    expect(shown['top-products']).toContain('trail-runner');
    expect(shown['top-products-chart']).toBe('<image>');
    expect(shown['open-files']).toMatch(new RegExp(`│ +${accounts} │`));
    expect(shown['accounts-chart']).toBe('<image>');
  });

  test('its twin in Node gives the same', async () => {
    await using home = await duckdbHome(python!);
    const image = join(folder, 'accounts.svg');
    const { stdout } = await run(process.execPath, ['examples/notebook/shop.mjs'], {
      cwd: root,
      env: { ...process.env, ...environment, HOME: home.folder, IMAGE: image },
    });
    const accounts = await helios.queryNumber('SELECT count(*) FROM account_created_sink');
    expect(stdout).toContain('trail-runner');
    expect(stdout).toMatch(new RegExp(`│ '?${accounts}'? +│`));
    expect(await readFile(image, 'utf8')).toMatch(/<rect .*<\/svg>\n$/);
  });

  test('a query is opened as a notebook, whatever is in it, and runs', async () => {
    const sql = `SELECT date_trunc('minute', timestamp) AS "a ""b""", count(*) AS n,
  sum(1.5) AS "$x$", max('\\n"""' || $text || 'é') AS said -- "
FROM shop_events GROUP BY 1 ORDER BY 1`;
    const params = { text: `'"\\"""%{};--$\u2028😀` };
    const title = `It's "odd" \\ $a$ <b>`;
    const response = await helios.request('/api/v1/query/notebook', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql, params, title, chart: { kind: 'bar', y: ['n', '$x$'] } }),
    });
    expect(response.headers.get('content-type')).toContain('application/x-ipynb+json');
    expect(response.headers.get('content-disposition')).toContain('"it-s-odd-a-b.ipynb"');
    const notebook = JSON.parse(await response.text()) as { readonly cells: unknown[] };
    const check = 'print(json.dumps([rows.to_pylist()[0]["said"], rows.equals(committed)]))';
    const own = { cell_type: 'code', execution_count: null, metadata: {}, outputs: [] };
    notebook.cells.push({ ...own, id: 'check', source: check });
    const file = join(folder, 'odd.ipynb');
    await writeFile(file, JSON.stringify(notebook));
    const shown = await runNotebook(python!, file);
    expect(shown['chart']).toBe('<image>');
    expect(JSON.parse(shown['check'] ?? '')).toEqual([`\\n"""${params.text}é`, true]);
  });

  test('the command writes one, and none over another', async () => {
    const sql = 'select type, count(*) as n from shop_events group by type order by n desc';
    await cli('sql', '-c', sql, '--notebook', 'types.ipynb');
    const notebook = JSON.parse(await readFile(join(folder, 'types.ipynb'), 'utf8')) as Notebook;
    expect(notebook.cells.find(({ id }) => id === 'query')?.source).toContain(sql);
    expect(notebook.cells.find(({ id }) => id === 'title')?.source).toContain('# types\n');
    await expect(cli('sql', '-c', sql, '--notebook', 'types.ipynb')).rejects.toThrow(
      'types.ipynb is there already.',
    );
    await expect(cli('sql', '-c', 'select 1; select 2', '--notebook', 'x.ipynb')).rejects.toThrow(
      'A notebook is made of one query.',
    );
    await expect(cli('sql', '-c', 'select nope from', '--notebook', 'x.ipynb')).rejects.toThrow(
      'at -c:1',
    );
  });
});
