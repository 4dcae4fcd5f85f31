import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleLockFile, bundleLockOf, packagesFor } from './locked-packages.ts';
import { nodeBuilds } from './node-builds.ts';

const nativeOf = (names: readonly string[]): readonly string[] =>
  names.filter((name) => /-(linux|darwin|win32|android|freebsd)/.test(name));

test('a target gets its own native packages and no others', async () => {
  const arm = (await packagesFor('.', 'linux-arm64')).map(({ name }) => name);
  const x64 = (await packagesFor('.', 'linux-x64')).map(({ name }) => name);
  expect(nativeOf(arm)).toEqual([
    '@duckdb/node-bindings-linux-arm64',
    '@node-rs/crc32-linux-arm64-gnu',
  ]);
  expect(nativeOf(x64)).toEqual([
    '@duckdb/node-bindings-linux-x64',
    '@node-rs/crc32-linux-x64-gnu',
  ]);
  expect(arm.filter((name) => !x64.includes(name))).toEqual(nativeOf(arm));
});

test('all that Helios needs at run time is in it, and no tool', async () => {
  const names = (await packagesFor('.', 'linux-arm64')).map(({ name }) => name);
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
  const tools = Object.keys(devDependencies).filter((name) => names.includes(name));
  // Needed by a package that Helios needs, too.
  expect(tools.filter((name) => !['avsc', '@types/node'].includes(name))).toEqual([]);
});

test('Node is the one that Helios is developed with', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const versions = Object.values(nodeBuilds).map(({ version }) => version);
  expect(new Set(versions)).toEqual(new Set([devDependencies['node']]));
});

test('a published package says the same without its lockfile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'helios-lock-'));
  try {
    await expect(packagesFor(folder, 'linux-x64')).rejects.toThrow('There is no lockfile in');
    mkdirSync(join(folder, 'dist'));
    const lock = bundleLockOf(readFileSync('package-lock.json', 'utf8'));
    writeFileSync(join(folder, 'dist', bundleLockFile), JSON.stringify(lock));
    // What is undefined isn't in a file.
    expect(JSON.stringify(await packagesFor(folder, 'linux-x64'))).toBe(
      JSON.stringify(await packagesFor('.', 'linux-x64')),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a lockfile without a checksum is refused', () => {
  const text = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });
  expect(() => bundleLockOf(text)).toThrow('no checksum of node_modules/a');
});

test('a nested package, and one under another name, are named as the registry does', () => {
  const entry = { version: '1.0.0', integrity: 'sha512-eA==' };
  const packages = {
    '': {},
    'node_modules/a/node_modules/@s/b': entry,
    'node_modules/alias': { ...entry, name: 'real' },
    'node_modules/tool': { ...entry, dev: true },
  };
  const names = bundleLockOf(JSON.stringify({ packages })).map(({ name }) => name);
  expect(names).toEqual(['@s/b', 'real']);
});
