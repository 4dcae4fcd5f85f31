import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBundle } from '../../src/deploy/bundle/bundle.ts';

const bytesMax = 120_000_000;

test.each(['linux-arm64', 'linux-x64'] as const)(
  '%s: the same Helios, the same file',
  async (target) => {
    const folder = await mkdtemp(join(tmpdir(), 'helios-bundles-'));
    try {
      const sums: string[] = [];
      for (const name of ['first', 'second']) {
        const directory = join(folder, name);
        await mkdir(directory);
        const { sha256, bytes } = await makeBundle({
          target,
          packageRoot: process.cwd(),
          version: '9.9.9',
          directory,
          environment: process.env,
          workingDirectory: directory,
        });
        expect(bytes).toBeLessThan(bytesMax);
        sums.push(sha256);
      }
      expect(sums[1]).toBe(sums[0]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
