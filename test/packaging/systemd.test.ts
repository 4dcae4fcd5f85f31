import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const exposureMax = 2.5;
const path = join('packaging', 'systemd', 'helios.service');

const version = await run('systemd-analyze', ['--version']).then(
  ({ stdout }) => Number(/^systemd (\d+)/.exec(stdout)?.[1]),
  () => 0,
);
if (version < 252) process.stdout.write('No systemd-analyze of systemd 252 or newer is here.\n');

test.runIf(version >= 252)('systemd understands every line of the unit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-unit-'));
  try {
    const unit = await readFile(path, 'utf8');
    // The program is looked for, and this machine has it elsewhere.
    await writeFile(join(folder, 'helios.service'), unit.replace('/opt/helios/helios', '/bin/sh'));
    const said = await run('systemd-analyze', [
      'verify',
      '--man=no',
      join(folder, 'helios.service'),
    ]);
    expect(said.stderr.split('\n').filter((line) => line.includes('helios.service'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.runIf(version >= 252)('systemd finds little that it may do', async () => {
  const words = ['security', '--offline=true', '--no-pager', path];
  const { stdout } = await run('systemd-analyze', words);
  const exposure = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(stdout)?.[1]);
  expect(exposure).toBeLessThan(exposureMax);
});
