import { expect, test, vi } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { ids, script } from '../testing/scripts.ts';
import { PipelineFixture } from '../testing/fixture.ts';

function late(select: string): string {
  return script(select).replace("'events')", "'events', source.offset = 'latest')");
}

const selecting = late('SELECT id FROM events');

/** A live pipeline that began after the records 1 to 3, and has read 4 and 5. */
async function begunLate(): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.send('events', ['{"id":1}', '{"id":2}', '{"id":"no"}', '{"id":3}']);
  await helios.supervisor.create({ name: 'p', sql: selecting, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":4}', '{"id":5}']);
  return helios;
}

async function finished(helios: PipelineFixture): Promise<void> {
  const info = await helios.supervisor.whenDone('p_backfill', AbortSignal.timeout(10_000));
  expect(info).toMatchObject({ state: 'finished', error: undefined });
}

test('what came before is read once, beside what comes now, and the backfill ends', async () => {
  await using helios = await begunLate();
  await helios.supervisor.backfill('p', 'earliest');
  await helios.sendAndWait('events', ['{"id":6}']);
  await finished(helios);
  await helios.sendAndWait('events', ['{"id":7}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await helios.rows('quarantine')).toHaveLength(1);
  const { id } = helios.supervisor.get('p_backfill');
  expect(helios.log.getHold('events', id)).toBeUndefined();
  expect(helios.supervisor.get('p_backfill')).toMatchObject({ bytesIn: 39, recordsRejected: 1 });
  await using again = await helios.reopened();
  expect(again.supervisor.get('p_backfill').state).toBe('finished');
  await again.supervisor.start('p_backfill');
  await finished(again);
  expect(ids(await again.rows('sunk'))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a backfill waits until the pipeline has begun', async () => {
  const opening = Promise.withResolvers<void>();
  await using helios = await PipelineFixture.open(undefined, { opening: opening.promise });
  await helios.log.ensureStream('events');
  await helios.send('events', ['{"id":1}', '{"id":2}']);
  const created = helios.supervisor.create({ name: 'p', sql: selecting, isAdopting: false });
  await vi.waitFor(() => expect(helios.supervisor.get('p').state).toBe('running'));
  const filled = helios.supervisor.backfill('p', 'earliest');
  opening.resolve();
  await Promise.all([created, filled]);
  await finished(helios);
  await helios.sendAndWait('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3]);
});

test('while the pipeline can not open, who asks for positions is told to ask again', async () => {
  const opening: Promise<void> = Promise.reject(
    new HeliosError('unreachable', 'No broker answers.'),
  );
  opening.catch(() => undefined);
  await using helios = await PipelineFixture.open(undefined, { opening });
  const { supervisor } = helios;
  await supervisor.create({ name: 'p', sql: selecting, isAdopting: false });
  const notYet = {
    code: 'unavailable',
    message: "p has not begun to read. It can't open yet: No broker answers.",
  };
  await expect(supervisor.backfill('p', 'earliest')).rejects.toMatchObject(notYet);
  const request = { from: 'earliest', isAllowingDuplicates: true, isAllowingSkips: true } as const;
  await expect(supervisor.restart('p', request)).rejects.toMatchObject(notYet);
  await supervisor.stop('p', { isDiscarding: false });
  const known = { code: 'conflict', message: "It isn't known where p began to read." };
  await expect(supervisor.backfill('p', 'earliest')).rejects.toMatchObject(known);
});

test('what a backfill was to read, no other one reads again', async () => {
  await using helios = await begunLate();
  const { newestArrivedAtMs = 0 } = helios.log.getStream('events').partitions[0] ?? {};
  await helios.supervisor.backfill('p', { atMs: newestArrivedAtMs - 3_600_000 });
  await finished(helios);
  await helios.supervisor.delete('p_backfill', { isDiscarding: false });
  await expect(helios.supervisor.backfill('p', 'earliest')).rejects.toMatchObject({
    code: 'conflict',
    hint: expect.stringContaining('a backfill has read it before'),
  });
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 4, 5]);
});

test('an edited pipeline, and an edited backfill, keep their bounds', async () => {
  await using helios = await begunLate();
  const edited = late('SELECT id + 10 AS id FROM events');
  await helios.supervisor.edit('p', edited, { isDiscarding: false });
  await helios.sendAndWait('events', ['{"id":6}']);
  await helios.supervisor.backfill('p', 'earliest');
  const other = late('SELECT id + 20 AS id FROM events');
  await helios.supervisor.edit('p_backfill', other, { isDiscarding: false });
  await helios.supervisor.start('p_backfill');
  await finished(helios);
  const rows = ids(await helios.rows('sunk'));
  expect(rows.filter((id) => id < 10)).toEqual([4, 5]);
  expect(rows.filter((id) => id === 16)).toEqual([16]);
  const earlier = rows.filter((id) => id > 10 && id !== 16).map((id) => id % 10);
  expect(earlier.toSorted((left, right) => left - right)).toEqual([1, 2, 3]);
});

test('a backfill that was stopped goes on where it was; it can not be restarted', async () => {
  await using helios = await begunLate();
  await helios.supervisor.backfill('p', 'earliest');
  await helios.supervisor.stop('p_backfill', { isDiscarding: false });
  const request = { isAllowingDuplicates: true, isAllowingSkips: true };
  const restart = helios.supervisor.restart('p_backfill', { from: 'earliest', ...request });
  await expect(restart).rejects.toMatchObject({ code: 'not_allowed' });
  await helios.supervisor.start('p_backfill');
  await finished(helios);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 4, 5]);
});

test('after a restart from the earliest record there is nothing left before it', async () => {
  await using helios = await begunLate();
  const request = { isAllowingDuplicates: true, isAllowingSkips: true };
  await helios.supervisor.restart('p', { from: 'earliest', ...request });
  const refused = helios.supervisor.backfill('p', 'earliest');
  await expect(refused).rejects.toMatchObject({
    code: 'conflict',
    message: 'Nothing lies before what p has read from its start.',
  });
  expect(helios.supervisor.list().map(({ name }) => name)).toEqual(['p']);
  expect(helios.log.listStreams()).toHaveLength(1);
});

test('what can not be backfilled says why', async () => {
  await using helios = await begunLate();
  await expect(helios.supervisor.backfill('q', 'earliest')).rejects.toMatchObject({
    code: 'not_found',
  });
  const future = helios.supervisor.backfill('p', { atMs: Date.now() + 3_600_000 });
  await expect(future).rejects.toMatchObject({ code: 'invalid_request' });
  const sql = selecting.replace(
    "connector = 'delta', path = 'tables/sunk'",
    "connector = 'single_file', path = 'out.json', format = 'json'",
  );
  await helios.supervisor.create({
    name: 'f',
    sql: sql.replaceAll('sunk', 'out'),
    isAdopting: false,
  });
  await expect(helios.supervisor.backfill('f', 'earliest')).rejects.toMatchObject({
    code: 'not_allowed',
  });
  await helios.supervisor.backfill('p', 'earliest');
  await finished(helios);
  await expect(helios.supervisor.backfill('p', 'earliest')).rejects.toMatchObject({
    code: 'already_exists',
  });
  await expect(helios.supervisor.backfill('p_backfill', 'earliest')).rejects.toMatchObject({
    code: 'conflict',
  });
});
