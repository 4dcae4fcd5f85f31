import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { LockedPackage } from './locked-packages.ts';
import { PackageTarballs } from './package-tarballs.ts';

const folder = mkdtempSync(join(tmpdir(), 'helios-npm-'));
const cache = join(folder, 'cache');
const [fetched, cached] = [Buffer.from('fetched'), Buffer.from('cached')];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that answer as npm does. */
const npm = {
  good: program(
    'good',
    `const at = process.argv.indexOf('--pack-destination');
     require('fs').writeFileSync(process.argv[at + 1] + '/a-1.0.0.tgz', 'fetched');
     say(JSON.stringify([{ name: 'a', version: '1.0.0', filename: 'a-1.0.0.tgz' }]));`,
  ),
  failing: program(
    'failing',
    `process.stderr.write('npm error code ENOTFOUND\\nnpm error network no such host\\n');
     process.exit(1);`,
  ),
  silent: program('silent', `say('[]');`),
};

test('what npm has in its cache is not fetched; the rest is', async () => {
  const inCache = locked('b', cached);
  keep(inCache, cached);
  const counts: number[] = [];
  const packages = [locked('a', fetched), inCache];
  await using tarballs = await PackageTarballs.fetch(packages, settings(npm.good), (count) =>
    counts.push(count),
  );
  expect(counts).toEqual([1]);
  expect(Buffer.from(await tarballs.read(packages[0]!)).toString()).toBe('fetched');
  expect(Buffer.from(await tarballs.read(inCache)).toString()).toBe('cached');
});

test('another file than the one that is locked is refused', async () => {
  const wanted = locked('a', Buffer.from('what it should be'));
  await using tarballs = await PackageTarballs.fetch([wanted], settings(npm.good), () => {});
  await expect(tarballs.read(wanted)).rejects.toMatchObject({
    code: 'corrupt_data',
    message: 'a@1.0.0 is not the one that is locked.',
  });
});

test('a damaged cache is noticed', async () => {
  const wanted = locked('c', Buffer.from('whole'));
  keep(wanted, Buffer.from('hole'));
  await using tarballs = await PackageTarballs.fetch([wanted], settings(npm.good), () => {});
  await expect(tarballs.read(wanted)).rejects.toThrow('c@1.0.0 is not the one that is locked');
});

test.each([
  [npm.failing, 'unreachable', 'npm pack failed: network no such host'],
  [join(folder, 'nothing', 'npm'), 'not_found', 'npm is not on the PATH'],
])('npm at %s: %s', async (path, code, message) => {
  const fetching = PackageTarballs.fetch([locked('a', fetched)], settings(path), () => {});
  await expect(fetching).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as unknown,
  });
});

test('a package that npm said nothing of is named', async () => {
  const wanted = locked('a', fetched);
  await using tarballs = await PackageTarballs.fetch([wanted], settings(npm.silent), () => {});
  await expect(tarballs.read(wanted)).rejects.toThrow('npm fetched no a@1.0.0');
});

test('who interrupts it gets their own reason', async () => {
  const signal = AbortSignal.abort(new Error('Ctrl+C'));
  const fetching = PackageTarballs.fetch(
    [locked('a', fetched)],
    { ...settings(npm.good), signal },
    () => {},
  );
  await expect(fetching).rejects.toThrow('Ctrl+C');
});

/** A program named npm in a folder of its own; it knows where its cache is. */
function program(name: string, code: string): string {
  const path = join(folder, name, 'npm');
  mkdirSync(dirname(path));
  const lines = [
    `#!${process.execPath}`,
    'const say = (text) => process.stdout.write(text);',
    `if (process.argv[2] === 'config') say(${JSON.stringify(cache)} + '\\n');`,
    `else { ${code} }`,
  ];
  writeFileSync(path, lines.join('\n'));
  chmodSync(path, 0o755);
  return path;
}

function settings(path: string) {
  return { environment: { PATH: dirname(path) }, workingDirectory: folder };
}

function locked(name: string, content: Buffer): LockedPackage {
  const digest = createHash('sha512').update(content).digest('base64');
  const integrity = `sha512-${digest}`;
  return { path: `node_modules/${name}`, name, version: '1.0.0', integrity };
}

function keep({ integrity }: LockedPackage, content: Buffer): void {
  const hex = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
  const place = [hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  const path = join(cache, '_cacache', 'content-v2', 'sha512', ...place);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
