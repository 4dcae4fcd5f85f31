import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../src/deploy/bundle/bundle.ts';

const run = promisify(execFile);
const helios = join('bin', 'helios');
const bytesMax = 120_000_000;

let folder: string;
let bundle: Bundle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-bundle-'));
  for (const name of ['unpacked', 'home']) await mkdir(join(folder, name));
  const words = ['bundle', '--json', '--target', 'linux-x64', '--directory', join(folder, 'made')];
  bundle = JSON.parse((await run(helios, words)).stdout) as Bundle;
  await run('tar', ['-xzf', bundle.path, '-C', join(folder, 'unpacked')]);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('it is small enough, and its checksum lies beside it', async () => {
  expect(bundle.bytes).toBeLessThan(bytesMax);
  const listed = `${bundle.path}.sha256`;
  expect(await readFile(listed, 'utf8')).toContain(bundle.sha256);
  const { stdout } = await run('sha256sum', ['--check', listed], { cwd: join(folder, 'made') });
  expect(stdout).toMatch(/^helios-\d+\.\d+\.\d+-linux-x64\.tar\.gz: OK\n$/);
});

test('a machine that there is no bundle for is refused, with those that there are', async () => {
  await expect(run(helios, ['bundle', '--target', 'windows'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--target linux-arm64 or --target linux-x64') as unknown,
  });
});

test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'unpacked, it lives with no network, an empty PATH and another home',
  async () => {
    const unpacked = join(folder, 'unpacked', 'helios');
    const alone = await launcherWithoutNetwork();
    const life = [
      join(unpacked, 'node', 'bin', 'node'),
      join(import.meta.dirname, 'bundle-life.ts'),
      join(unpacked, 'helios'),
      join(folder, 'home'),
      join(folder, 'data'),
    ];
    const [program = '', ...words] = [...alone, ...life];
    const { stdout } = await run(program, words, { timeout: 100_000 });
    const { healthyMs, ...saw } = JSON.parse(stdout) as { healthyMs: number };
    process.stdout.write(`${bundle.bytes} bytes, healthy ${healthyMs} ms after it was started\n`);
    expect(saw).toMatchObject({
      // 1,000 numbers from 0 to 6 in turn.
      rows: [[1000, 142 * 21 + 15]],
      code: 0,
      isConsoleThere: true,
      ...(alone.length > 0 ? { interfaces: ['lo'] } : {}),
    });
  },
);

test('it holds what it was made of, licences too, and no types', async () => {
  expect(await readdir(join(folder, 'unpacked'))).toEqual(['helios']);
  const root = join(folder, 'unpacked', 'helios');
  const names = await readdir(root, { recursive: true });
  const wanted = ['LICENSE', 'node/LICENSE', 'dist/bundle-lock.json', 'dist/main.js'];
  expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
  expect(names.filter((name) => /\.(d\.ts|map)$/.test(name))).toEqual([]);
});

/** A network with nothing in it but itself, where the system permits that. */
async function launcherWithoutNetwork(): Promise<readonly string[]> {
  const within = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  for (const launcher of [
    ['unshare', '-n', ...within],
    ['unshare', '-rn', ...within],
  ]) {
    const [program = '', ...words] = launcher;
    const isPermitted = await run(program, [...words, 'true']).then(
      () => true,
      () => false,
    );
    if (isPermitted) return launcher;
  }
  process.stdout.write('No network could be taken away here: the bundle is run with one.\n');
  return [];
}
