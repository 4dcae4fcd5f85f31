import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { armCrashPoint, type CrashPointName } from '../../base/crash-point.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { ids, script } from '../testing/scripts.ts';
import type { ReplayFilter, ReplayInfo } from './replay.ts';

const strict = script('SELECT id FROM events');
const lenient = strict.replace('id BIGINT NOT NULL', 'id BIGINT');
const asText = strict
  .replace('id BIGINT NOT NULL', 'id TEXT')
  .replace('SELECT id', 'SELECT coalesce(try_cast(id AS BIGINT), 0) AS id');

/** A pipeline that has taken 1 and 5 of these, and rejected the others. */
async function withRejected(): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.supervisor.create({ name: 'p', sql: strict, isAdopting: false });
  await helios.sendAndWait('events', [
    '{"id":1}',
    '{"v":"a"}',
    '{"id":"x"}',
    '{"v":"b"}',
    '{"id":5}',
  ]);
  return helios;
}

async function edit(helios: PipelineFixture, sql: string): Promise<void> {
  await helios.supervisor.edit('p', sql, { isDiscarding: false });
}

async function replayed(
  helios: PipelineFixture,
  filter: ReplayFilter = {},
  key?: string,
): Promise<ReplayInfo> {
  const { id } = await helios.supervisor.replays.replay('p', { filter, key });
  return await done(helios, id);
}

async function done(helios: PipelineFixture, id: string): Promise<ReplayInfo> {
  return await vi.waitFor(
    () => {
      const info = helios.supervisor.replays.replays().find((one) => one.id === id);
      if (info?.state !== 'done') throw new Error(`${JSON.stringify(info)} ${helios.state()}`);
      return info;
    },
    { timeout: 10_000, interval: 5 },
  );
}

test('what passes now is replayed once, and what fails again says why', async () => {
  await using helios = await withRejected();
  const signal = new AbortController().signal;
  const before = await helios.supervisor.replays.trial('p', { filter: {}, signal });
  expect(before).toMatchObject({ selectedCount: 3, triedCount: 3, passingCount: 0 });
  await edit(helios, lenient);
  const trial = await helios.supervisor.replays.trial('p', { filter: {}, signal });
  expect(trial).toMatchObject({
    passingCount: 2,
    replayedCount: 0,
    refusals: [],
    reasons: [{ source: 'events', code: 'type_mismatch', column: 'id', recordCount: 1 }],
  });
  expect(trial.reasons[0]?.examples.map(({ raw }) => Buffer.from(raw).toString())).toEqual([
    '{"id":"x"}',
  ]);
  expect(await helios.rows('sunk')).toHaveLength(2);
  const info = await replayed(helios);
  expect(info).toMatchObject({ selectedCount: 3, passedCount: 2, failedCount: 1, refusals: [] });
  expect(await helios.rows('sunk')).toHaveLength(4);
  const again = await replayed(helios);
  expect(again).toMatchObject({ selectedCount: 1, passedCount: 0, failedCount: 1 });
  await edit(helios, asText);
  expect(await replayed(helios)).toMatchObject({ selectedCount: 1, passedCount: 1 });
  expect(await replayed(helios)).toMatchObject({ selectedCount: 0, passedCount: 0 });
  expect(await helios.rows('sunk')).toHaveLength(5);
  expect(await helios.rows('quarantine')).toHaveLength(3);
  const marks = await helios.rows('quarantine_replays', 'passed, replay_code, replay_epoch');
  expect(marks.filter(({ passed }) => passed === true)).toHaveLength(3);
  expect(marks).toHaveLength(5);
  await helios.sendAndWait('events', ['{"id":"6"}']);
  await using reopened = await helios.reopened();
  expect(await replayed(reopened)).toMatchObject({ selectedCount: 0 });
  expect(ids(await reopened.rows('sunk', 'coalesce(id, -1) AS id'))).toEqual([-1, -1, 0, 1, 5, 6]);
});

/** Each record of the stream once: as a row, or open. */
async function expectEachOnce(helios: PipelineFixture): Promise<void> {
  const rows = await helios.rows('sunk', 'coalesce(id, -1) AS id');
  expect(ids(rows)).toEqual([-1, -1, 1, 5]);
  expect(await helios.rows('quarantine')).toHaveLength(3);
  const outcomes = await helios.rows('quarantine_replays', 'passed, "position"');
  expect(outcomes).toHaveLength(3);
  expect(new Set(outcomes.map(({ position }) => position)).size).toBe(3);
}

describe('killed in the middle of a replay', () => {
  afterEach(() => armCrashPoint('none', () => undefined));

  const points: readonly `${CrashPointName}:${number}`[] = [
    'after-part:1',
    'before-manifest:1',
    'after-manifest:1',
    'before-commit:1',
    'after-commit:1',
    'after-commit:2',
  ];
  test.each(points)('at %s, nothing comes twice and nothing is lost', async (point) => {
    await using helios = await withRejected();
    await edit(helios, lenient);
    let copy = '';
    armCrashPoint(point, () => (copy = helios.copied()));
    await replayed(helios, {}, 'key');
    await helios.supervisor.stop('p', { isDiscarding: false });
    await expectEachOnce(helios);
    expect(copy).not.toBe('');
    await using crashed = await PipelineFixture.open(copy);
    await crashed.supervisor.startAll();
    const [info] = crashed.supervisor.replays.replays();
    const after = await done(crashed, info?.id ?? '');
    expect(after).toMatchObject({ selectedCount: 3, passedCount: 2, failedCount: 1, key: 'key' });
    expect(await crashed.supervisor.replays.replay('p', { filter: {}, key: 'key' })).toEqual(after);
    expect(await replayed(crashed)).toMatchObject({ selectedCount: 1, passedCount: 0 });
    const rows = await crashed.rows('sunk', 'coalesce(id, -1) AS id');
    expect(ids(rows)).toEqual([-1, -1, 1, 5]);
    expect(await crashed.rows('quarantine')).toHaveLength(3);
  });
});

test('two who ask at once replay once, and a key is one replay', async () => {
  await using helios = await withRejected();
  await edit(helios, lenient);
  const { replays } = helios.supervisor;
  const all = await Promise.all([
    replays.replay('p', { filter: {}, key: 'one' }),
    replays.replay('p', { filter: {}, key: 'one' }),
    replays.replay('p', { filter: { code: 'missing_field' }, key: undefined }),
  ]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(2);
  for (const { id } of all) await done(helios, id);
  await helios.supervisor.stop('p', { isDiscarding: false });
  await expectEachOnce(helios);
  await helios.supervisor.start('p');
  const other = replays.replay('p', { filter: { source: 'events' }, key: 'one' });
  await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
});

const filters: readonly (readonly [ReplayFilter, number])[] = [
  [{ source: 'events' }, 3],
  [{ source: 'others' }, 0],
  [{ code: 'missing_field' }, 2],
  [{ column: 'id', code: 'type_mismatch' }, 1],
  [{ column: '' }, 0],
  [{ untilMs: 1 }, 0],
  [{ fromMs: 4_000_000_000_000 }, 0],
  [{ source: "events' OR true --" }, 0],
  [{ records: [{ source: 'events', partition: '0', position: '9' }] }, 1],
  [{ records: [] }, 0],
];

test('a filter means the records that all of it holds for', async () => {
  await using helios = await withRejected();
  const { signal } = new AbortController();
  for (const [filter, count] of filters) {
    const trial = await helios.supervisor.replays.trial('p', { filter, signal });
    expect([filter, trial.selectedCount]).toEqual([filter, count]);
  }
});

test('a draft can be tried before it is the SQL', async () => {
  await using helios = await withRejected();
  const { signal } = new AbortController();
  const { replays } = helios.supervisor;
  const trial = await replays.trial('p', { filter: {}, sql: asText, signal });
  expect(trial).toMatchObject({ passingCount: 3, reasons: [] });
  const broken = replays.trial('p', { filter: {}, sql: 'INSERT', signal });
  await expect(broken).rejects.toMatchObject({ code: 'invalid_sql' });
});

describe('what can not be replayed', () => {
  test('records that a restart has read again', async () => {
    await using helios = await withRejected();
    await edit(helios, lenient);
    const earliest = { isAllowingDuplicates: true, isAllowingSkips: false };
    await helios.supervisor.restart('p', { from: 'earliest', ...earliest });
    await helios.sendAndWait('events', ['{"id":6}']);
    expect(ids(await helios.rows('sunk', 'coalesce(id, -1) AS id'))).toEqual([
      -1, -1, 1, 1, 5, 5, 6,
    ]);
    const info = await replayed(helios, { code: 'missing_field' });
    expect(info).toMatchObject({
      selectedCount: 0,
      refusals: [{ source: 'events', reason: 'read_again', recordCount: 2 }],
    });
    expect(await helios.rows('sunk')).toHaveLength(7);
  });

  test('records of a source that is gone, or of a pipeline that had the name before', async () => {
    await using helios = await withRejected();
    await edit(helios, strict.replaceAll('events', 'others'));
    const { signal } = new AbortController();
    const { replays } = helios.supervisor;
    expect(await replays.trial('p', { filter: {}, signal })).toMatchObject({
      selectedCount: 0,
      refusals: [{ source: 'events', reason: 'source_gone', recordCount: 3 }],
    });
    await helios.supervisor.delete('p', { isDiscarding: false });
    await expect(replays.trial('p', { filter: {}, signal })).rejects.toMatchObject({
      code: 'not_found',
    });
    await helios.supervisor.create({ name: 'p', sql: lenient, isAdopting: false });
    await helios.sendAndWait('events', ['{"id":6}']);
    // It has read the stream from its start, and rejected one of the three itself.
    expect(await replayed(helios)).toMatchObject({
      selectedCount: 1,
      failedCount: 1,
      refusals: [{ source: 'events', reason: 'pipeline_gone', recordCount: 2 }],
    });
  });

  test('anything of a pipeline that a person stopped', async () => {
    await using helios = await withRejected();
    await helios.supervisor.pause('p');
    const asked = helios.supervisor.replays.replay('p', { filter: {}, key: undefined });
    await expect(asked).rejects.toMatchObject({ code: 'conflict' });
  });
});

test('a pipeline that has finished is opened for a replay, and finishes again', async () => {
  await using helios = await PipelineFixture.open();
  const file = join(helios.directory, 'in.json');
  await writeFile(file, '{"id":1}\n{"v":"a"}\n');
  const source = strict.replace(
    "connector = 'http', format = 'json', type = 'source', stream = 'events'",
    `connector = 'single_file', path = '${file}', format = 'json', type = 'source'`,
  );
  await helios.supervisor.create({ name: 'p', sql: source, isAdopting: false });
  const soon = AbortSignal.timeout(20_000);
  expect((await helios.supervisor.whenDone('p', soon)).state).toBe('finished');
  await edit(helios, source.replace('id BIGINT NOT NULL', 'id BIGINT'));
  await helios.supervisor.start('p');
  await helios.supervisor.whenDone('p', soon);
  expect(await replayed(helios)).toMatchObject({ passedCount: 1 });
  expect(await helios.supervisor.whenDone('p', soon)).toMatchObject({
    state: 'finished',
    recordsRejected: 1,
    recordsReplayed: 1,
    sinks: [{ table: 'sunk' }, { table: 'quarantine' }],
  });
  expect(await helios.rows('sunk')).toHaveLength(2);
});

test('what was replayed stays so when the hot rows are discarded', async () => {
  await using helios = await withRejected();
  await edit(helios, lenient);
  await replayed(helios);
  await helios.supervisor.stop('p', { isDiscarding: true });
  await helios.supervisor.start('p');
  expect(await replayed(helios)).toMatchObject({ selectedCount: 1, passedCount: 0 });
  expect(helios.supervisor.replays.replays()).toHaveLength(2);
});

test('bytes come back as they were, whatever they are', async () => {
  await using helios = await PipelineFixture.open();
  const raw = strict
    .replace('id BIGINT NOT NULL, v TEXT', 'value BYTEA')
    .replace("format = 'json'", "format = 'raw_bytes'")
    .replace(
      'SELECT id',
      `SELECT CASE WHEN octet_length(value) > 3 THEN error('no')::BLOB ELSE value END AS v`,
    );
  await helios.supervisor.create({ name: 'p', sql: raw, isAdopting: false });
  const odd = Buffer.concat([Buffer.from([0xff, 0x00, 0x0d]), Buffer.from("'ä\r\r")]);
  await helios.log.append('events', { lines: [Buffer.concat([odd, Buffer.from('\r\n')])] });
  await vi.waitFor(() => expect(helios.supervisor.get('p').recordsRejected).toBe(1));
  await edit(helios, raw.replace('> 3', '> 300'));
  expect(await replayed(helios)).toMatchObject({ passedCount: 1 });
  const [row] = await helios.rows('sunk', 'hex(v) AS hex');
  expect(row?.['hex']).toBe(odd.toString('hex').toUpperCase());
});
