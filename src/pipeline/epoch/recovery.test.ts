import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { armCrashPoint, type CrashPointName } from '../../base/crash-point.ts';
import { PipelineFixture } from '../testing/fixture.ts';

const script = `CREATE TABLE events (id BIGINT NOT NULL, v INT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
  INSERT INTO sunk SELECT id, 10 // v AS share, v::TINYINT AS v FROM events;
  CREATE TABLE out WITH (connector = 'single_file', path = 'out.json', type = 'sink', format = 'json');
  INSERT INTO out SELECT id FROM events;`;

afterEach(() => armCrashPoint('nowhere', () => undefined));

async function withPipeline(): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'p', sql: script, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":1,"v":1}', '{"id":2,"v":1000}', '{"id":3,"v":2}']);
  return helios;
}

/** Rows and rejected records by id: each must be there once. */
async function idsOf(helios: PipelineFixture): Promise<readonly string[]> {
  const rows = await helios.rows('sunk');
  const rejected = await helios.rows('quarantine');
  const raw = rejected.map((row) => `rejected ${/"id":(\d+)/.exec(String(row['raw_text']))?.[1]}`);
  return [...rows.map((row) => String(row['id'])), ...raw].toSorted();
}

/**
 * The files as they are at the moment that a step ends, opened; what `act` does after it never was.
 */
async function filesAt(
  helios: PipelineFixture,
  point: CrashPointName,
  act: () => Promise<unknown>,
): Promise<PipelineFixture> {
  let copy: string | undefined;
  armCrashPoint(point, () => (copy = helios.copied()));
  await act();
  if (copy === undefined) throw new Error(`${point} was not reached`);
  await helios.close();
  await rm(helios.directory, { recursive: true });
  await rename(copy, helios.directory);
  return await PipelineFixture.open(helios.directory);
}

const epochSteps: readonly CrashPointName[] = ['after-part', 'before-manifest', 'after-manifest'];
const rollSteps: readonly CrashPointName[] = ['after-data-file', 'before-commit', 'after-commit'];

test.each(epochSteps)('an epoch that ends %s is there once after recovery', async (point) => {
  const helios = await withPipeline();
  await using crashed = await filesAt(
    helios,
    point,
    async () => await helios.sendAndWait('events', ['{"id":4,"v":3}', '{"id":5,"v":999}']),
  );
  await crashed.supervisor.startAll();
  await crashed.sendAndWait('events', ['{"id":6,"v":3}']);
  expect(await idsOf(crashed)).toEqual(['1', '3', '4', '6', 'rejected 2', 'rejected 5']);
  await crashed.supervisor.stop('p', { isDiscarding: false });
  expect(await idsOf(crashed)).toEqual(['1', '3', '4', '6', 'rejected 2', 'rejected 5']);
  const lines = (await readFile(join(crashed.directory, 'out.json'), 'utf8')).trim().split('\n');
  expect(lines).toEqual(['{"id":1}', '{"id":3}', '{"id":4}', '{"id":6}']);
});

test.each(rollSteps)('a roll that ends %s is done once after recovery', async (point) => {
  const helios = await withPipeline();
  await using crashed = await filesAt(
    helios,
    point,
    async () => await helios.supervisor.stop('p', { isDiscarding: false }),
  );
  await crashed.supervisor.startAll();
  await crashed.sendAndWait('events', ['{"id":4,"v":3}']);
  expect(await idsOf(crashed)).toEqual(['1', '3', '4', 'rejected 2']);
  await crashed.supervisor.stop('p', { isDiscarding: false });
  expect(await idsOf(crashed)).toEqual(['1', '3', '4', 'rejected 2']);
  const parts = join(crashed.directory, 'pipelines', crashed.supervisor.get('p').id, 'parts');
  expect(await readdir(parts)).toEqual([]);
  const table = join(crashed.directory, 'tables', 'sunk');
  const files = await readdir(table, { recursive: true });
  const known = crashed.registry.get('sunk')?.delta.snapshot().files ?? [];
  expect(files.filter((file) => file.endsWith('.parquet')).toSorted()).toEqual(
    known.map(({ path }) => path).toSorted(),
  );
});

/** Stops the pipeline's work without rolling, as a crash would. */
async function stateOf(
  helios: PipelineFixture,
): Promise<{ readonly parts: string; readonly manifests: string }> {
  const root = join(helios.directory, 'pipelines', helios.supervisor.get('p').id);
  await helios.close();
  return { parts: join(root, 'parts'), manifests: join(root, 'manifests') };
}

async function failureOf(
  directory: string,
): Promise<{ readonly code: string; readonly message: string }> {
  const helios = await PipelineFixture.open(directory);
  await helios.supervisor.startAll();
  const { error } = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  await helios.close();
  return error ?? { code: 'none', message: helios.state() };
}

test('orphan files are deleted, and what a manifest names is kept', async () => {
  await using helios = await withPipeline();
  const { parts } = await stateOf(helios);
  const before = (await readdir(parts)).toSorted();
  await writeFile(join(parts, '000000000009-0-orphan.parquet'), 'half a file');
  await using again = await PipelineFixture.open(helios.directory);
  await again.supervisor.startAll();
  await again.sendAndWait('events', ['{"id":4,"v":3}']);
  const after = await readdir(parts);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after).not.toContain('000000000009-0-orphan.parquet');
});

test('a part that is gone is told, not skipped', async () => {
  await using helios = await withPipeline();
  const { parts } = await stateOf(helios);
  for (const name of await readdir(parts)) await rm(join(parts, name));
  const failure = await failureOf(helios.directory);
  expect(failure.code).toBe('corrupt_data');
  expect(failure.message).toMatch(/^Part .* with 2 rows of sunk is missing/);
});

test('a state directory that is older than its table is refused', async () => {
  await using helios = await withPipeline();
  const { manifests } = await stateOf(helios);
  const old = new Set(await readdir(manifests));
  const again = await PipelineFixture.open(helios.directory);
  await again.supervisor.startAll();
  await again.sendAndWait('events', ['{"id":4,"v":3}']);
  await again.supervisor.stop('p', { isDiscarding: false });
  await again.supervisor.start('p');
  await again.close();
  for (const name of await readdir(manifests)) if (!old.has(name)) await rm(join(manifests, name));
  const failure = await failureOf(helios.directory);
  expect(failure.code).toBe('corrupt_data');
  expect(failure.message).toContain('the state directory is older than the table');
});

test('a table that was dropped and made anew, or restored to an older version, is refused', async () => {
  await using helios = await withPipeline();
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":4,"v":3}']);
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":5,"v":3}']);
  await helios.close();
  const log = join(helios.directory, 'tables', 'sunk', '_delta_log');
  const versions = (await readdir(log)).toSorted();
  await rm(join(log, versions.at(-1) ?? ''));
  const restored = await failureOf(helios.directory);
  expect(restored).toMatchObject({ code: 'table_replaced' });
  expect(restored.message).toContain('it was restored to an older version');
  await rm(join(helios.directory, 'tables', 'sunk'), { recursive: true });
  await using again = await PipelineFixture.open(helios.directory);
  await again.supervisor.startAll();
  await again.supervisor.start('p');
  const info = await again.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(info.error).toMatchObject({ code: 'table_replaced' });
  await again.supervisor.stop('p', { isDiscarding: true });
  await again.supervisor.start('p');
  await again.sendAndWait('events', ['{"id":6,"v":3}']);
  expect((await again.rows('sunk')).map((row) => Number(row['id']))).toEqual([6]);
});

test('of two processes that run one pipeline, the one that came first is fenced', async () => {
  await using helios = await withPipeline();
  const { manifests } = {
    manifests: join(helios.directory, 'pipelines', helios.supervisor.get('p').id, 'manifests'),
  };
  const newest = (await readdir(manifests)).toSorted().at(-1) ?? '';
  const next = String(Number(newest.slice(0, 20)) + 1).padStart(20, '0');
  await writeFile(join(manifests, `${next}.json`), '{"format":1}');
  await helios.send('events', ['{"id":4,"v":3}']);
  const info = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(info).toMatchObject({ state: 'failed', error: { code: 'fenced' } });
});
