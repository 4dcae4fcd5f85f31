import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PipelineFixture } from './testing/fixture.ts';
import { events, ids, script } from './testing/scripts.ts';

function create(helios: PipelineFixture, sql: string, name = 'p'): Promise<unknown> {
  return helios.supervisor.create({ name, sql, isAdopting: false });
}

test('records become rows that queries see, and stay through stop and start', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id, v FROM events'));
  await helios.sendAndWait('events', ['{"id":1,"v":"a"}', '{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
  const stopped = await helios.supervisor.stop('p', { isDiscarding: false });
  expect(stopped.state).toBe('stopped');
  expect(stopped.sinks[0]?.hotRows).toBe(0);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
  await helios.send('events', ['{"id":3}']);
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":4}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 4]);
});

test('an edit goes on where reading stood; a new column joins the table', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  await helios.sendAndWait('events', ['{"id":1}']);
  const edited = script('SELECT id, v AS more FROM events');
  await helios.supervisor.edit('p', edited, { isDiscarding: false });
  await helios.sendAndWait('events', ['{"id":2,"v":"x"}']);
  const rows = await helios.rows('sunk');
  expect(ids(rows)).toEqual([1, 2]);
  expect(rows.find((row) => Number(row['id']) === 2)?.['more']).toBe('x');
});

test('an edit to another stream under the same table name reads that one from its start', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}', '{"id":3}']);
  await helios.log.ensureStream('other');
  await helios.send('other', ['{"id":7}']);
  const sql = script('SELECT id FROM events').replace(
    "'events')",
    "'other', source.offset = 'earliest')",
  );
  await helios.supervisor.edit('p', sql, { isDiscarding: false });
  await helios.sendAndWait('other', ['{"id":8}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 3, 7, 8]);
  const { id } = helios.supervisor.get('p');
  expect(helios.log.getHold('events', id)).toBeUndefined();
  expect(helios.log.getHold('other', id)).toBeDefined();
});

test('a stream that was made anew under the same name is not read on in', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.log.deleteStream('events', { isForced: true });
  await helios.log.ensureStream('events');
  await helios.supervisor.start('p');
  const info = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(info).toMatchObject({ state: 'failed', error: { code: 'source_replaced' } });
  expect(info.error?.message).toMatch(/^events is not what this pipeline has read so far/);
  await helios.supervisor.stop('p', { isDiscarding: true });
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
});

test('delete rolls, leaves the table and lets go of the stream', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  await helios.sendAndWait('events', ['{"id":1}']);
  const { id } = helios.supervisor.get('p');
  await helios.supervisor.delete('p', { isDiscarding: false });
  expect(helios.supervisor.list()).toEqual([]);
  expect(ids(await helios.rows('sunk'))).toEqual([1]);
  expect(helios.log.getHold('events', id)).toBeUndefined();
});

test('a pipeline that never opened lets go of its stream too', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  const { id } = helios.supervisor.get('p');
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.close();
  await using again = await PipelineFixture.open(helios.directory);
  again.supervisor.openAll();
  await again.supervisor.delete('p', { isDiscarding: true });
  expect(again.log.getHold('events', id)).toBeUndefined();
});

test('discarding gives up hot rows and goes on after them', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.supervisor.stop('p', { isDiscarding: true });
  expect(await helios.rows('sunk')).toEqual([]);
  await helios.supervisor.start('p');
  await helios.sendAndWait('events', ['{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([2]);
});

test('a damaged table fails its own pipeline, and no other', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'), 'p');
  await create(helios, script('SELECT id FROM events').replaceAll('sunk', 'other'), 'q');
  await helios.sendAndWait('events', ['{"id":1}']);
  const log = join(helios.registry.get('sunk')!.entry.path, '_delta_log');
  const first = join(log, `${'0'.repeat(20)}.json`);
  const text = await readFile(first);
  await writeFile(first, 'garbage');
  await using again = await helios.reopened();
  expect(again.supervisor.get('p')).toMatchObject({ state: 'failed' });
  expect(again.supervisor.get('q')).toMatchObject({ state: 'running' });
  expect(ids(await again.rows('other'))).toEqual([1]);
  const asking = again.registry.find('sunk');
  await expect(asking).rejects.toMatchObject({ code: 'corrupt_data' });
  await writeFile(first, text);
  await again.supervisor.start('p');
  expect(ids(await again.rows('sunk'))).toEqual([1]);
});

test('answers tell whose hot rows are missing', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'), 'p');
  await helios.sendAndWait('events', ['{"id":1}']);
  await helios.close();
  const names = await readdir(helios.directory, { recursive: true });
  const manifests = names.filter(
    (name) => /\/\d{20}\.json$/.test(name) && !name.includes('_delta_log'),
  );
  const newest = join(helios.directory, manifests.toSorted().at(-1) ?? '');
  const text = await readFile(newest);
  await writeFile(newest, 'garbage');
  await using again = await helios.reopened();
  expect(again.supervisor.get('p').state).toBe('failed');
  for (const table of ['SUNK', 'quarantine', 'quarantine_replays']) {
    expect(again.registry.unread.of(table)).toEqual(['p']);
  }
  expect(await again.rows('sunk')).toEqual([]);
  await writeFile(newest, text);
  await again.supervisor.start('p');
  expect(ids(await again.rows('sunk'))).toEqual([1]);
  expect(again.registry.unread.of('sunk')).toBeUndefined();
});

test('two pipelines feed one table', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'), 'p');
  await create(helios, script('SELECT id + 100 AS id FROM events'), 'q');
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 101, 102]);
  await helios.supervisor.stop('p', { isDiscarding: false });
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 101, 102]);
  await helios.sendAndWait('events', ['{"id":3}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2, 101, 102, 103]);
});

test('pipelines that feed one table agree on its name, its partitions and its types', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'), 'p');
  const cases: readonly [sql: string, says: string][] = [
    [script('SELECT id::TEXT AS id FROM events'), 'The column id of sunk has another type'],
    [
      script('SELECT id, 1 AS n FROM events', ", partition_fields = 'n'"),
      'is partitioned by (), not by (n)',
    ],
    [
      script('SELECT id FROM events')
        .replaceAll('INTO sunk', 'INTO other')
        .replace('TABLE sunk', 'TABLE other'),
      "is the table sunk; it can't be other as well",
    ],
  ];
  for (const [sql, says] of cases) await expect(create(helios, sql, 'q')).rejects.toThrow(says);
  expect(helios.supervisor.list().map(({ name }) => name)).toEqual(['p']);
  // Columns that one of them lacks are NULL in its rows.
  await create(helios, script("SELECT id + 100 AS id, 'q' AS who FROM events"), 'q');
  await helios.sendAndWait('events', ['{"id":1}']);
  for (const name of ['p', 'q']) await helios.supervisor.stop(name, { isDiscarding: false });
  const rows = await helios.rows('sunk', 'id, who');
  expect(rows.toSorted((left, right) => Number(left['id']) - Number(right['id']))).toMatchObject([
    { who: null },
    { who: 'q' },
  ]);
});

test('a file has one writer', async () => {
  await using helios = await PipelineFixture.open();
  const toFile = (name: string) =>
    script('SELECT id FROM events')
      .replaceAll('sunk', name)
      .replace(/connector = 'delta', path = '[^']*'/, "connector = 'single_file', path = 'f.json'");
  await create(helios, toFile('one'), 'p');
  await expect(create(helios, toFile('two'), 'q')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('is written by the pipeline p already'),
  });
  await helios.supervisor.edit('p', toFile('three'), { isDiscarding: false });
});

test('one that fails for good leaves others alone, and says why', async () => {
  await using helios = await PipelineFixture.open();
  const failing = script('SELECT id FROM events').replaceAll('sunk', 'elsewhere');
  await create(
    helios,
    failing.replace("type = 'source'", "type = 'source', bad_data = 'fail'"),
    'f',
  );
  await create(helios, script('SELECT id FROM events'), 'p');
  await helios.send('events', ['{"id":"no"}', '{"id":1}']);
  const failed = await helios.supervisor.whenDone('f', AbortSignal.timeout(10_000));
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'bad_record' } });
  await helios.sendAndWait('events', ['{"id":2}']);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
  expect(await helios.rows('elsewhere')).toEqual([]);
});

test('bad records are quarantined or dropped, and counted', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id, 10 // id AS share, v::INT AS n FROM events'), 'q');
  const dropping = script('SELECT id FROM events').replaceAll('sunk', 'other');
  await create(
    helios,
    dropping.replace("type = 'source'", "type = 'source', bad_data = 'drop'"),
    'd',
  );
  const records = ['{"id":1,"v":"1"}', 'nonsense', '{"id":2,"v":"x"}', '{"id":3,"v":"3"}'];
  await helios.sendAndWait('events', records);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 3]);
  expect(ids(await helios.rows('other'))).toEqual([1, 2, 3]);
  expect(helios.supervisor.get('q')).toMatchObject({ recordsRejected: 2, recordsDropped: 0 });
  expect(helios.supervisor.get('d')).toMatchObject({ recordsRejected: 0, recordsDropped: 1 });
  const rejected = await helios.rows('quarantine');
  expect(
    rejected
      .map((row) => `${String(row['pipeline'])} ${String(row['code'])} ${String(row['raw_text'])}`)
      .toSorted(),
  ).toEqual(['q malformed_json nonsense', 'q sql_error {"id":2,"v":"x"}']);
});

test('names are unique and checked; a failed create leaves nothing', async () => {
  await using helios = await PipelineFixture.open();
  await create(helios, script('SELECT id FROM events'));
  const other = script('SELECT id FROM events').replaceAll('sunk', 'other');
  await expect(create(helios, other, 'P')).rejects.toMatchObject({ code: 'already_exists' });
  await expect(create(helios, other, '1p')).rejects.toMatchObject({ code: 'invalid_name' });
  await expect(create(helios, 'SELECT nope FROM nowhere', 'r')).rejects.toMatchObject({
    code: 'invalid_sql',
  });
  const moved = other.replaceAll('other', 'sunk').replace('tables/sunk', 'tables/else');
  await expect(create(helios, moved, 'r')).rejects.toMatchObject({ code: 'conflict' });
  expect(helios.supervisor.list().map(({ name }) => name)).toEqual(['p']);
  expect(() => helios.supervisor.get('q')).toThrow('There is no pipeline named q.');
});

test('a file sink has each row once, though the epoch is done again for a bad record', async () => {
  await using helios = await PipelineFixture.open();
  const file = `${events}
    CREATE TABLE out WITH (connector = 'single_file', path = 'out.json', type = 'sink', format = 'json');
    INSERT INTO out SELECT id FROM events;
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
    INSERT INTO sunk SELECT id, 10 // (id - 2) AS share, v::INT AS n FROM events;`;
  await create(helios, file);
  await helios.sendAndWait('events', ['{"id":1,"v":"1"}', '{"id":2,"v":"x"}', '{"id":3}']);
  const path = join(helios.directory, 'out.json');
  expect(await readFile(path, 'utf8')).toBe('{"id":1}\n{"id":3}\n');
  const edited = file.replace('SELECT id FROM', 'SELECT id + 10 AS id FROM');
  await helios.supervisor.edit('p', edited, { isDiscarding: false });
  await helios.sendAndWait('events', ['{"id":4}']);
  expect(await readFile(path, 'utf8')).toBe('{"id":1}\n{"id":3}\n{"id":14}\n');
});

test('what Delta or the column cannot hold exactly is rejected, not changed', async () => {
  await using helios = await PipelineFixture.open();
  const sql = script(
    "SELECT id, v AS Part, CAST('2024-01-01 00:00:00.' || v AS TIMESTAMP_NS) AS t FROM events",
    ', partition_fields = [part]',
  );
  await create(helios, sql);
  const values = ['"123456"', '""', '"123456789"', '"123456000"'];
  await helios.sendAndWait(
    'events',
    values.map((v, id) => `{"id":${id},"v":${v}}`),
  );
  await helios.supervisor.stop('p', { isDiscarding: false });
  const files = (await helios.delta('tables/sunk')).snapshot().files;
  expect(new Set(files.map((file) => file.partitionValues['Part']))).toEqual(
    new Set(['123456', '123456000']),
  );
  const messages = (await helios.rows('quarantine'))
    .map((row) => String(row['message']))
    .toSorted();
  expect(messages[0]).toBe("The partition field Part is '', which a folder can't tell from NULL.");
  expect(messages[1]).toMatch(/^helios:inexact: 2024-01-01 00:00:00.123456789 is not exact/);
  expect(messages).toHaveLength(2);
});

test('a bounded source ends the pipeline, with everything in its table', async () => {
  await using helios = await PipelineFixture.open();
  await writeFile(join(helios.directory, 'in.json'), '{"id":1}\n{"id":2}');
  const sql = script('SELECT id FROM events').replace(
    "connector = 'http', format = 'json', type = 'source', stream = 'events'",
    "connector = 'single_file', path = 'in.json', format = 'json', type = 'source'",
  );
  await create(helios, sql);
  const info = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(info.state).toBe('finished');
  expect((await helios.delta('tables/sunk')).snapshot().files).toHaveLength(1);
  expect(ids(await helios.rows('sunk'))).toEqual([1, 2]);
});
