import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { observerUnit, serviceUnit } from './service-unit.ts';

const units = { helios: serviceUnit, observer: observerUnit };

describe.each(Object.entries(units))('the unit of %s', (_name, unit) => {
  const joined = unit.replaceAll('\\\n', '');

  test('is settings in sections, each once', () => {
    const lines = joined.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => !/^(\[\w+\]|\w+=.*)$/.test(line))).toEqual([]);
    const keys = lines.filter((line) => line.includes('=')).map((line) => line.split('=')[0]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'SystemCallFilter=@system-service',
    'LimitCORE=0',
  ])('has %s', (line) => {
    expect(unit.split('\n')).toContain(line);
  });

  test('bounds its memory, and has no secret in it', () => {
    expect(unit).toMatch(/^MemoryMax=(85%|200M)$/m);
    expect(unit).not.toMatch(/TOKEN|SECRET|PASSWORD/);
  });

  test('lets a process give up its network, as queries do', () => {
    expect(unit).toContain('\nRestrictNamespaces=user net\n');
    expect(unit).not.toContain('MemoryDenyWriteExecute');
  });
});

test('a Helios that has lost its state to another one is not started again', () => {
  expect(serviceUnit).toContain('\nRestart=always\n');
  expect(serviceUnit).toContain('\nRestartPreventExitStatus=6\n');
});

const analyze = '/usr/bin/systemd-analyze';

test.skipIf(!existsSync(analyze))('systemd knows every word of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-units-'));
  try {
    for (const [name, unit] of Object.entries(units)) {
      // Its programs are not on this machine.
      const text = unit.replace(/^ExecStart=(.*\\\n)*.*$/m, 'ExecStart=/bin/true');
      await writeFile(join(folder, `${name}.service`), text);
    }
    const paths = Object.keys(units).map((name) => join(folder, `${name}.service`));
    const { stdout, stderr } = await promisify(execFile)(analyze, [
      ...['verify', '--man=no', '--recursive-errors=no'],
      ...paths,
    ]);
    expect(`${stdout}${stderr}`).toBe('');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
