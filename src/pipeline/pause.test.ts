import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ids, script } from './testing/scripts.ts';
import { PipelineFixture } from './testing/fixture.ts';

const selecting = script('SELECT id FROM events');

async function made(sql: string): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  return helios;
}

test('a paused pipeline reads nothing, keeps its rows hot, and goes on where it was', async () => {
  await using helios = await made(selecting);
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}']);
  const paused = await helios.supervisor.pause('p');
  expect(paused).toMatchObject({ state: 'paused', sinks: [{ hotRows: 2, rolledEpoch: 0 }, {}] });
  await helios.send('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
  expect((await helios.supervisor.pause('p')).state).toBe('paused');
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":4}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 4]);
  expect(helios.supervisor.get('p').sinks[0]?.hotRows).toBe(4);
});

test('a pause survives restarts, with rows that can be queried; stop then rolls them', async () => {
  await using helios = await made(selecting);
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.pause('p');
  const once = await helios.reopened();
  await once.send('events', ['{"id":2}']);
  await using again = await once.reopened();
  expect(again.supervisor.get('p')).toMatchObject({
    state: 'paused',
    bytesIn: 9,
    sinks: [{ hotRows: 1 }, {}],
    sources: [{ partitions: [{ partition: '0', position: '9', lagBytes: undefined }] }],
  });
  // Lags that aren't told in time are left out: on a busy machine a look may have none.
  await expect
    .poll(async () => (await again.supervisor.look('p')).sources, { timeout: 60_000 })
    .toMatchObject([
      { bytesBehind: 9, partitions: [{ partition: '0', position: '9', lagBytes: 9 }] },
    ]);
  expect(ids(await again.rows('sunk'))).toEqual([1]);
  const stopped = await again.supervisor.stop('p', { isDiscarding: false });
  expect(stopped).toMatchObject({ state: 'stopped', sinks: [{ hotRows: 0 }, {}] });
  await again.supervisor.start('p');
  await again.sendAndWait('events', ['{"id":3}']);
  expect(ids(await again.rows('sunk'))).toEqual([1, 2, 3]);
});

test('an edited pipeline stays paused, and one that is stopped cannot be paused', async () => {
  await using helios = await made(selecting);
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.pause('p');
  const edited = script('SELECT id + 10 AS id FROM events');
  const info = await helios.supervisor.edit('p', edited, { isDiscarding: false });
  expect(info).toMatchObject({ state: 'paused', sinks: [{ hotRows: 0 }, {}] });
  await using again = await helios.reopened();
  expect(again.supervisor.get('p').state).toBe('paused');
  await again.supervisor.start('p');
  await again.sendAndWait('events', ['{"id":2}']);
  expect(ids(await again.rows('sunk'))).toEqual([1, 12]);
  await again.supervisor.stop('p', { isDiscarding: false });
  await expect(again.supervisor.pause('p')).rejects.toMatchObject({
    code: 'conflict',
    message: 'p is stopped: it reads nothing.',
  });
});

test('hot rows can be rolled though the stream they came from is another now', async () => {
  await using helios = await made(selecting);
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.pause('p');
  await helios.log.deleteStream('events', { isForced: true });
  const stopped = await helios.supervisor.stop('p', { isDiscarding: false });
  expect(stopped.state).toBe('stopped');
  expect(ids(await helios.rows('sunk'))).toEqual([1]);
});

test('what was finished or stopped is still that after a restart, with its counts', async () => {
  await using helios = await PipelineFixture.open();
  await writeFile(join(helios.directory, 'in.json'), '{"id":1}\n{"id":2}\nnonsense\n');
  const sql = selecting.replace(
    "connector = 'http', format = 'json', type = 'source', stream = 'events'",
    "connector = 'single_file', path = 'in.json', format = 'json', type = 'source'",
  );
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  const done = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(done.state).toBe('finished');
  const other = script('SELECT id FROM events').replaceAll('sunk', 'other');
  await helios.supervisor.create({ name: 'q', sql: other, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":7}']);
  await helios.supervisor.stop('q', { isDiscarding: false });
  await using again = await helios.reopened();
  const counts = { bytesIn: done.bytesIn, recordsRejected: 1 };
  const sinks = [{ table: 'sunk', rowsOut: 2, hotRows: 0 }, { rowsOut: 1 }];
  expect(again.supervisor.get('p')).toMatchObject({ state: 'finished', ...counts, sinks });
  expect(again.supervisor.get('p').epoch).toBeGreaterThan(0);
  expect(again.supervisor.get('q')).toMatchObject({
    state: 'stopped',
    bytesIn: 9,
    sinks: [{ rowsOut: 1, hotRows: 0 }, {}],
  });
});
