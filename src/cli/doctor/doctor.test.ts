import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-doctor-'));
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('doctor', () => {
  const health = { status: 'ready', version: '1', uptime_ms: 5_000, streams: 1, tables: 1 };
  const pipelines = { running: 1, stopped: 0, finished: 0, retrying: 0, failed: 0 };
  type Report = { ok: boolean; checks: { name: string; status: string; hint?: string }[] };

  async function report(words: readonly string[]): Promise<Report & { exitCode: number }> {
    const { exitCode, stdout } = await runToEnd(['doctor', '--json', ...words], {
      environment: { HELIOS_URL: api.url },
      workingDirectory: folder,
    });
    return { exitCode, ...(JSON.parse(stdout) as Report) };
  }

  test('a machine that is fine', async () => {
    api.routes['GET /healthz'] = { body: { ...health, pipelines } };
    const { exitCode, checks } = await report([]);
    expect(exitCode).toBe(0);
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(checks.find(({ name }) => name === 'hard links')).toMatchObject({ status: 'ok' });
    await expect(stat(join(folder, 'helios-data'))).rejects.toThrow('ENOENT');
  });

  test('failed pipelines are a warning, another program at the address a failure', async () => {
    api.routes['GET /healthz'] = { body: { ...health, pipelines: { ...pipelines, failed: 1 } } };
    expect((await report([])).checks.at(-1)).toMatchObject({ name: 'server', status: 'warn' });
    api.routes['GET /healthz'] = { body: '<html>' };
    expect(await report([])).toMatchObject({ exitCode: 1, ok: false });
  });

  test('a data directory of a newer version', async () => {
    api.routes['GET /healthz'] = { body: { ...health, pipelines } };
    await writeFile(join(folder, 'helios.json'), '{"layout": 999}');
    const { exitCode, checks } = await report(['--data', '.']);
    expect(exitCode).toBe(1);
    expect(checks.find(({ name }) => name === 'data directory')).toMatchObject({ status: 'fail' });
    expect(await readFile(join(folder, 'helios.json'), 'utf8')).toContain('999');
  });
});
