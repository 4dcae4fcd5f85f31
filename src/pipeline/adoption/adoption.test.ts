import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { armCrashPoint, type CrashPointName } from '../../base/crash-point.ts';
import { PipelineFixture } from '../testing/fixture.ts';

/** `early` rolls with every epoch, `late` and the quarantine only when the pipeline stops. */
const script = `CREATE TABLE events (id BIGINT NOT NULL)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  CREATE TABLE early WITH (connector = 'delta', path = 'tables/early', type = 'sink', target_file_size = '1');
  INSERT INTO early SELECT id, 10 // (id - 100) AS share, (id - 100)::UTINYINT::TEXT AS t FROM events;
  CREATE TABLE late WITH (connector = 'delta', path = 'tables/late', type = 'sink');
  INSERT INTO late SELECT id FROM events;`;

afterEach(() => armCrashPoint('nowhere', () => undefined));

async function create(helios: PipelineFixture, isAdopting: boolean, name = 'p'): Promise<void> {
  await helios.supervisor.create({ name, sql: script, isAdopting });
}

function records(...ids: readonly number[]): readonly string[] {
  return ids.map((id) => `{"id":${id}}`);
}

/** Everything but the log and the tables is gone. */
async function loseState(helios: PipelineFixture): Promise<PipelineFixture> {
  await helios.close();
  for (const name of await readdir(helios.directory)) {
    if (!['log', 'tables'].includes(name)) {
      await rm(join(helios.directory, name), { recursive: true });
    }
  }
  return await PipelineFixture.open(helios.directory);
}

async function idsIn(helios: PipelineFixture, table: string): Promise<readonly number[]> {
  const ids = (await helios.rows(table)).map((row) =>
    Number(row['id'] ?? /"id":(\d+)/.exec(String(row['raw_text']))?.[1]),
  );
  return ids.toSorted((left, right) => left - right);
}

async function everything(
  helios: PipelineFixture,
): Promise<Readonly<Record<string, readonly number[]>>> {
  return {
    early: await idsIn(helios, 'early'),
    late: await idsIn(helios, 'late'),
    rejected: await idsIn(helios, 'quarantine'),
  };
}

async function earlyRolled(helios: PipelineFixture): Promise<void> {
  await vi.waitFor(() => expect(helios.supervisor.get('p').sinks[0]?.hotRows).toBe(0), 10_000);
}

test('each sink goes on where it stood itself', async () => {
  const helios = await PipelineFixture.open();
  await create(helios, false);
  await helios.sendAndWait('events', records(101, 102, 500));
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', records(103, 104, 501));
  await earlyRolled(helios);
  await helios.sendAndWait('events', records(105));
  const lost = await loseState(helios);
  await create(lost, true);
  await lost.sendAndWait('events', records(106, 502));
  expect(await everything(lost)).toEqual({
    early: [101, 102, 103, 104, 105, 106],
    late: [101, 102, 103, 104, 105, 106],
    rejected: [500, 501, 502],
  });
  // Lost once more, with what was read twice still hot.
  await using again = await loseState(lost);
  await create(again, true);
  await again.sendAndWait('events', records(107));
  await again.supervisor.stop('p', { isDiscarding: false });
  expect(await everything(again)).toEqual({
    early: [101, 102, 103, 104, 105, 106, 107],
    late: [101, 102, 103, 104, 105, 106, 107],
    rejected: [500, 501, 502],
  });
}, 30_000);

const points: readonly CrashPointName[] = ['after-data-file', 'before-commit', 'after-commit'];

test.each(points)('what a crash %s left is adopted exactly once', async (point) => {
  const helios = await PipelineFixture.open();
  await create(helios, false);
  await helios.sendAndWait('events', records(101));
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', records(102, 500));
  let copy: string | undefined;
  armCrashPoint(point, () => (copy = helios.copied()));
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios[Symbol.asyncDispose]();
  if (copy === undefined) throw new Error(`${point} was not reached`);
  await using lost = await loseState(await PipelineFixture.open(copy));
  await create(lost, true);
  await lost.sendAndWait('events', records(103));
  expect(await everything(lost)).toEqual({
    early: [101, 102, 103],
    late: [101, 102, 103],
    rejected: [500],
  });
});

test('an edited pipeline is adopted with the sinks of its last SQL', async () => {
  const helios = await PipelineFixture.open();
  await create(helios, false);
  await helios.sendAndWait('events', records(101));
  await helios.supervisor.edit('p', `${script} -- edited`, { isDiscarding: false });
  await helios.sendAndWait('events', records(102));
  await using lost = await loseState(helios);
  await create(lost, true);
  await lost.sendAndWait('events', records(103));
  expect(await everything(lost)).toEqual({
    early: [101, 102, 103],
    late: [101, 102, 103],
    rejected: [],
  });
});

test('another stream under the same name is recognised, and nothing is left behind', async () => {
  const helios = await PipelineFixture.open();
  await create(helios, false);
  await helios.sendAndWait('events', records(101));
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.log.deleteStream('events', { isForced: true });
  await using lost = await loseState(helios);
  const adopting = create(lost, true);
  await expect(adopting).rejects.toMatchObject({ code: 'conflict' });
  await expect(adopting).rejects.toThrow('events is not what the lost pipeline read');
  expect(lost.supervisor.list()).toEqual([]);
  await create(lost, false);
});

test('where there is no note of the name, there is nothing to adopt', async () => {
  await using helios = await PipelineFixture.open();
  await expect(create(helios, true)).rejects.toMatchObject({ code: 'not_found' });
  await create(helios, false);
  await helios.sendAndWait('events', records(101));
  await helios.supervisor.delete('p', { isDiscarding: false });
  await expect(create(helios, true, 'other')).rejects.toThrow(
    'under early, late, quarantine lies no note of a pipeline named other',
  );
});

test('a file has nothing to go on from', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${script} CREATE TABLE out WITH (connector = 'single_file', path = 'out', type = 'sink',
      format = 'json'); INSERT INTO out SELECT id FROM events;`;
  const adopting = helios.supervisor.create({ name: 'p', sql, isAdopting: true });
  await expect(adopting).rejects.toMatchObject({ code: 'not_allowed' });
});
