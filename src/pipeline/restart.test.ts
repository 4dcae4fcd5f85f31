import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RestartPoint } from './reposition.ts';
import { ids, script } from './testing/scripts.ts';
import { PipelineFixture } from './testing/fixture.ts';

const freely = { isAllowingDuplicates: true, isAllowingSkips: true };
const strictly = { isAllowingDuplicates: false, isAllowingSkips: false };

async function made(): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  const sql = script('SELECT id FROM events');
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  return helios;
}

test('from the earliest record all comes again, if that is allowed', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}']);
  const refused = helios.supervisor.restart('p', { from: 'earliest', ...strictly });
  await expect(refused).rejects.toMatchObject({
    code: 'conflict',
    message:
      'The restart would read again records that may be in the tables already: ' +
      'events 0 from 0 (read up to 18).',
    details: { needs: ['allow_duplicates'] },
  });
  expect(helios.supervisor.get('p').state).toBe('running');
  const options = { isAllowingDuplicates: true, isAllowingSkips: false };
  expect((await helios.supervisor.restart('p', { from: 'earliest', ...options })).state).toBe(
    'running',
  );
  await helios.sendAndWait('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 1, 2, 2, 3]);
});

test('what is hot stays, and a crash right after finds the new positions', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}']);
  await helios.supervisor.pause('p');
  await helios.supervisor.restart('p', { from: { positions: { 0: '9' } }, ...freely });
  await using crashed = await PipelineFixture.open(helios.copied());
  await crashed.supervisor.startAll();
  await crashed.sendAndWait('events', ['{"id":3}']);
  expect(ids(await crashed.rows('sunk'))).toEqual([1, 2, 2, 3]);
});

test('from the latest record on, what came before is left out', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.pause('p');
  await helios.send('events', ['{"id":2}', '{"id":3}']);
  const refused = helios.supervisor.restart('p', { from: 'latest', ...strictly });
  await expect(refused).rejects.toMatchObject({
    code: 'conflict',
    message:
      'The restart would skip records that are not in the tables: events 0 from 27 (read up to 9).',
    details: { needs: ['allow_skipping'] },
  });
  expect(helios.supervisor.get('p').state).toBe('paused');
  const options = { isAllowingDuplicates: false, isAllowingSkips: true };
  await helios.supervisor.restart('p', { from: 'latest', ...options });
  await helios.sendAndWait('events', ['{"id":4}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 4]);
});

test('a time is where the first record lies that arrived then', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}']);
  const { newestArrivedAtMs = 0 } = helios.log.getStream('events').partitions[0] ?? {};
  while (Date.now() <= newestArrivedAtMs) await new Promise((resolve) => setImmediate(resolve));
  await helios.sendAndWait('events', ['{"id":2}']);
  await helios.supervisor.restart('p', { from: { atMs: newestArrivedAtMs + 1 }, ...freely });
  await helios.sendAndWait('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 2, 3]);
});

test('a restart to where it is needs no permission and changes nothing', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.restart('p', {
    from: { positions: { events: { 0: '9' } } },
    ...strictly,
  });
  await helios.supervisor.restart('p', { from: 'latest', ...strictly });
  await helios.sendAndWait('events', ['{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
});

test('a stream that was made anew is gone on in', async () => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.log.deleteStream('events', { isForced: true });
  await helios.log.ensureStream('events');
  await helios.send('events', ['{"id":2}']);
  await helios.supervisor.start('p');
  const failed = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(failed.error).toMatchObject({
    code: 'source_replaced',
    hint: expect.stringContaining('helios pipeline restart p --from earliest|latest|TIME'),
  });
  const refused = helios.supervisor.restart('p', { from: 'earliest', ...strictly });
  await expect(refused).rejects.toMatchObject({ details: { needs: ['allow_duplicates'] } });
  await helios.supervisor.restart('p', { from: 'earliest', ...freely });
  await helios.sendAndWait('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3]);
});

const bad: readonly (readonly [RestartPoint, RegExp])[] = [
  [{ positions: {} }, /^There is no position to restart from/],
  [{ positions: { 7: '0' } }, /^There is no partition 7 to read/],
  [{ positions: { nothing: { 0: '0' } } }, /^The pipeline has no source nothing/],
  [{ positions: { events: { 7: '0' } } }, /^There is no partition 7 to read/],
  [{ positions: { 0: '4' } }, /^No record of partition 0 of events begins at 4: .* begins at 9/],
  [{ positions: { 0: '19' } }, /^No record of partition 0 of events begins at 19: it has 0 to 18/],
  [{ positions: { 0: 'soon' } }, /^"soon" is not a position/],
  [{ positions: { 0: '-1' } }, /^"-1" is not a position/],
  [{ atMs: 7e12 }, /^2191-.* is in the future/],
];

test.each(bad)('%j can not be gone on from', async (from, message) => {
  await using helios = await made();
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}']);
  const { epoch } = helios.supervisor.get('p');
  const refused = helios.supervisor.restart('p', { from, ...freely });
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringMatching(message),
  });
  expect(helios.supervisor.get('p')).toMatchObject({ state: 'running', epoch });
});

test('files are read again from their beginnings, and know no times', async () => {
  await using helios = await PipelineFixture.open();
  await writeFile(join(helios.directory, 'in.json'), '{"id":1}\n');
  const sql = script('SELECT id FROM events').replace(
    "connector = 'http', format = 'json', type = 'source', stream = 'events'",
    "connector = 'single_file', path = 'in.json', format = 'json', type = 'source'",
  );
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  const refused = helios.supervisor.restart('p', { from: { atMs: 5 }, ...freely });
  await expect(refused).rejects.toMatchObject({
    message: 'events reads files, which have no times.',
  });
  await helios.supervisor.restart('p', { from: 'earliest', ...freely });
  const done = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(done.state).toBe('finished');
  expect(ids(await helios.rows('sunk'))).toEqual([1, 1]);
});
