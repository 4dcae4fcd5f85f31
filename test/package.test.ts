import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';

/**
 * What a user gets from the registry: packed from a copy of the tree, since packing makes dist/
 * anew, which other tests read meanwhile; installed in an empty folder, run from there.
 */
const folder = mkdtempSync(join(tmpdir(), 'helios-package-'));
const notCopied = ['.git', '.vitest', 'dist', 'node_modules', 'helios-data'];
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_prefer_offline: 'true',
};

beforeAll(() => {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  for (const name of readdirSync('.').filter((one) => !notCopied.includes(one))) {
    cpSync(name, join(tree, name), { recursive: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(tree, 'node_modules'));
  npm(tree, 'pack', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  npm(folder, 'install', '--prefix', folder, join(folder, tarball!));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the installed program knows its version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const output = npm(folder, 'exec', '--offline', '--', 'helios', '--version');
  expect(output.trim().split('\n').at(-1)).toContain(version);
});

test('tests and sources are not in the package', () => {
  const names = readdirSync(join(folder, 'node_modules', 'helios'), {
    recursive: true,
    encoding: 'utf8',
  });
  expect(names.filter((name) => /\.ts$|\.test\./.test(name))).toEqual([]);
  expect(names).toContain('LICENSE');
});

test('the installed package can be put into a bundle, without its lockfile', () => {
  const code = `
    import { packagesFor } from './node_modules/helios/dist/deploy/bundle/locked-packages.js';
    import { programFiles } from './node_modules/helios/dist/deploy/bundle/program-files.js';
    const root = './node_modules/helios';
    const names = (await packagesFor(root, 'linux-arm64')).map(({ name }) => name);
    const paths = (await programFiles(root)).map(({ path }) => path);
    console.log(JSON.stringify({ names, paths }));`;
  const words = ['--input-type=module', '--eval', code];
  const options = { cwd: folder, env: environment, encoding: 'utf8' } as const;
  const { names, paths } = JSON.parse(execFileSync(process.execPath, words, options)) as {
    names: readonly string[];
    paths: readonly string[];
  };
  expect(names).toContain('@duckdb/node-bindings-linux-arm64');
  for (const path of ['bin/helios', 'dist/main.js', 'dist/console/index.html', 'LICENSE']) {
    expect(paths).toContain(path);
  }
  expect(paths).toContain('packaging/systemd/helios.service');
});

test('the installed program starts, answers a query and serves the console', async () => {
  const program = join(folder, 'node_modules', '.bin', 'helios');
  const helios = spawn(program, ['start', '--port', '0', '--data', join(folder, 'data')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await printedUrl([helios.stdout, helios.stderr]);
    const response = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: 'SELECT 6 * 7 AS answer' }),
    });
    expect(await response.json()).toMatchObject({ rows: [[42]] });
    const page = await (await fetch(url)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
    expect(page).toContain('<div id="console">');
    expect((await fetch(`${url}${script}`)).status).toBe(200);
  } finally {
    helios.kill('SIGTERM');
    if (helios.exitCode === null) await once(helios, 'exit');
  }
  expect(helios.exitCode).toBe(0);
});

function npm(cwd: string, ...options: readonly string[]): string {
  const path = process.env['npm_execpath'];
  const [command, before] = path === undefined ? ['npm', []] : [process.execPath, [path]];
  return execFileSync(command, [...before, ...options], {
    cwd,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The first address that the program prints. */
async function printedUrl(outputs: readonly NodeJS.ReadableStream[]): Promise<string> {
  const lines: string[] = [];
  return await new Promise((resolve, reject) => {
    for (const input of outputs) {
      const reader = createInterface({ input });
      reader.on('line', (line) => {
        lines.push(line);
        const url = /http:\/\/[\w.:[\]]+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      });
      reader.on('close', () => reject(new Error(`no address in:\n${lines.join('\n')}`)));
    }
  });
}
