import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemSchemas } from '../../pipeline/tables/system-tables.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;

beforeAll(async () => {
  fixture = await TablesFixture.open();
  await fixture.createPipeline();
  await fixture.pipelines.sendAndWait('events', ['{"id":1}', '{"id":2}', '{"id":"x"}']);
});

afterAll(() => fixture[Symbol.asyncDispose]());

/** Of pipelines that keep rows, of which there is none at first. */
const ofWindows = new Set(['helios.watermarks', 'helios.operators']);
const filled = Object.entries(systemSchemas).filter(([name]) => !ofWindows.has(name));

it.each(filled)('%s has its columns and some rows', async (name, schema) => {
  const [columns] = await fixture.rows(
    `SELECT list(column_name ORDER BY i)::VARCHAR FROM (SELECT unnest(cs) AS column_name,
      generate_subscripts(cs, 1) AS i FROM (SELECT json_keys(to_json(t)) AS cs FROM ${name} t LIMIT 1))`,
  );
  expect(columns).toEqual([`[${schema.map((column) => column.name).join(', ')}]`]);
});

it('tells of pipelines', async () => {
  const sql = `SELECT name, state, rows_out, hot_rows, records_rejected, error_code,
    epoch > 0, bytes_in > 0, created_at > TIMESTAMPTZ '2020-01-01' FROM helios.pipelines`;
  // The rejected record is a row of the quarantine, which is a sink as well.
  expect(await fixture.rows(sql)).toEqual([
    ['p', 'running', '3', '3', '1', null, true, true, true],
  ]);
});

it('tells of epochs', async () => {
  const sql = `SELECT pipeline, sum(rows_out)::INTEGER, sum(records_rejected)::INTEGER,
    min(published_at) > TIMESTAMPTZ '2020-01-01' FROM helios.epochs GROUP BY 1`;
  expect(await fixture.rows(sql)).toEqual([['p', 3, 1, true]]);
});

it('tells of files, hot ones and then cold ones', async () => {
  const sql = `SELECT is_hot, sum(rows)::INTEGER, min(bytes) > 0 FROM helios.files
    WHERE table_name = 'sunk' GROUP BY 1`;
  expect(await fixture.rows(sql)).toEqual([[true, 2, true]]);
  await fixture.pipelines.supervisor.stop('p', { isDiscarding: false });
  expect(await fixture.rows(sql)).toEqual([[false, 2, true]]);
});

it('tells of queries, those that failed and the one that asks', async () => {
  await expect(fixture.rows('SELECT nope FROM sunk')).rejects.toThrow('nope');
  await fixture.rows('SELECT 1 AS one UNION ALL SELECT 2');
  const sql = `SELECT sql, state, rows::INTEGER, error_code FROM helios.queries LIMIT 3`;
  expect(await fixture.rows(sql)).toEqual([
    [sql, 'running', null, null],
    ['SELECT 1 AS one UNION ALL SELECT 2', 'done', 2, null],
    ['SELECT nope FROM sunk', 'failed', null, 'invalid_sql'],
  ]);
});

it('tells of the process and of each pipeline', async () => {
  const sql = `SELECT name FROM helios.metrics WHERE value > 0
    AND (labels = '{}' OR (labels->>'pipeline') = 'p') ORDER BY name`;
  const names = (await fixture.rows(sql)).flat();
  expect(names).toEqual([
    'pipeline_bytes_in',
    'pipeline_epoch',
    'pipeline_records_rejected',
    'process_heap_used_bytes',
    'process_resident_bytes',
    'process_uptime_seconds',
  ]);
});

it('tells of event time and of what windows keep', async () => {
  const { supervisor } = fixture.pipelines;
  const sql = `CREATE TABLE clicks (t TIMESTAMP NOT NULL, WATERMARK FOR t AS (t))
      WITH (connector = 'http', format = 'json', type = 'source', stream = 'clicks');
    CREATE TABLE counts WITH (connector = 'delta', path = 'tables/counts', type = 'sink');
    INSERT INTO counts SELECT count(*) AS n FROM clicks GROUP BY tumble(INTERVAL '1 minute');`;
  await supervisor.create({ name: 'windows', sql, isAdopting: false });
  const send = async (second: string): Promise<void> =>
    await fixture.pipelines.sendAndWait('clicks', [`{"t":"2024-05-01T10:${second}Z"}`]);
  await send('00:01.123456');
  await send('01:01.000001');
  await send('00:59');
  expect(
    await fixture.rows('SELECT pipeline, source, watermark, is_idle FROM helios.watermarks'),
  ).toEqual([['windows', 'clicks', '2024-05-01T10:01:01.000001Z', false]]);
  expect(
    await fixture.rows(`SELECT kind, label, watermark, state_rows, state_bytes > 0, rows_late,
      rows_without_time FROM helios.operators`),
  ).toEqual([['tumble', 'tumble(1 minute)', '2024-05-01T10:01:01.000001Z', '1', true, '1', '0']]);
});
