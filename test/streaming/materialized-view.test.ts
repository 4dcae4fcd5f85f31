import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';

// docs/streaming-sql.md, "Materialized views", and docs/decisions/0017.

const orders = `CREATE TABLE orders (id INT, currency TEXT, amount DOUBLE, ts TIMESTAMP,
    WATERMARK FOR ts AS ts)
  WITH (connector = 'http', stream = 'orders', format = 'json', type = 'source');
`;
const totals = `CREATE MATERIALIZED VIEW totals AS
  SELECT currency, count(*) AS n, sum(amount) AS amount FROM orders GROUP BY currency;
`;
const large = `CREATE MATERIALIZED VIEW large AS SELECT id, amount FROM orders WHERE amount > 10;
`;
const views = `${totals}${large}CREATE MATERIALIZED VIEW per_minute AS
  SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window;
`;

const first = [
  { id: 1, currency: 'EUR', amount: 5, ts: '2026-11-24T10:00:01Z' },
  { id: 2, currency: 'EUR', amount: 50, ts: '2026-11-24T10:00:02Z' },
  { id: 3, currency: 'USD', amount: 1, ts: '2026-11-24T10:00:03Z' },
];
const second = [{ id: 4, currency: 'USD', amount: 20, ts: '2026-11-24T10:01:01Z' }];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-views-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<HeliosProcess> {
  return await HeliosProcess.start({ dataDirectory: join(directory, 'data') });
}

async function create(helios: HeliosProcess, name: string, sql: string): Promise<void> {
  await helios.call('POST', '/api/v1/pipelines', { name, sql });
}

/** What the answer to a pipeline that can't be made says. */
async function refusalOf(helios: HeliosProcess, sql: string): Promise<string> {
  return await create(helios, 'refused', sql).then(
    () => 'made',
    (error: unknown) => String(error),
  );
}

async function send(helios: HeliosProcess, stream: string, rows: readonly object[]): Promise<void> {
  const response = await helios.request(`/ingest/${stream}?wait=queryable`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

async function rowsOf(helios: HeliosProcess, sql: string): Promise<string[]> {
  return (await helios.query(sql)).rows.map((row) => row.join(' '));
}

test('views have their newest rows, through a kill and an edit', async () => {
  {
    await using helios = await start();
    await create(helios, 'sums', orders + views);
    await send(helios, 'orders', first);
    expect(await rowsOf(helios, 'SELECT * FROM totals ORDER BY ALL')).toEqual([
      'EUR 2 55',
      'USD 1 1',
    ]);
    expect(await rowsOf(helios, 'SELECT * FROM large')).toEqual(['2 50']);
    helios.kill('SIGKILL');
    await helios.exited;
  }
  await using helios = await start();
  expect(await rowsOf(helios, 'SELECT * FROM totals ORDER BY ALL')).toEqual([
    'EUR 2 55',
    'USD 1 1',
  ]);
  await send(helios, 'orders', second);
  expect(await rowsOf(helios, 'SELECT * FROM totals ORDER BY ALL')).toEqual([
    'EUR 2 55',
    'USD 2 21',
  ]);
  expect(await rowsOf(helios, 'SELECT "window".start, n FROM per_minute')).toEqual([
    '2026-11-24T10:00:00Z 3',
  ]);
  await helios.call('PATCH', '/api/v1/pipelines/sums', {
    sql: orders + views.replace('amount > 10', 'amount > 30'),
  });
  await send(helios, 'orders', [
    { id: 5, currency: 'USD', amount: 20, ts: '2026-11-24T10:01:02Z' },
    { id: 6, currency: 'USD', amount: 40, ts: '2026-11-24T10:01:03Z' },
  ]);
  expect(await rowsOf(helios, 'SELECT id FROM large ORDER BY ALL')).toEqual(['2', '4', '6']);
  expect(await rowsOf(helios, 'SELECT * FROM totals ORDER BY ALL')).toEqual([
    'EUR 2 55',
    'USD 4 81',
  ]);
}, 60_000);

test("another pipeline's events are joined with a view as it is by then", async () => {
  await using helios = await start();
  await create(helios, 'sums', orders + totals);
  await send(helios, 'orders', first);
  const asking = `CREATE TABLE asked (id INT, currency TEXT)
    WITH (connector = 'http', stream = 'asked', format = 'json', type = 'source');
    CREATE MATERIALIZED VIEW answered AS
    SELECT asked.id, totals.n FROM asked JOIN totals ON asked.currency = totals.currency;`;
  await create(helios, 'answers', asking);
  await send(helios, 'asked', [{ id: 1, currency: 'EUR' }]);
  expect(await rowsOf(helios, 'SELECT * FROM answered')).toEqual(['1 2']);
}, 60_000);

test('a name is one table, and the rows of one pipeline', async () => {
  await using helios = await start();
  await create(helios, 'sums', orders + totals + large);
  await send(helios, 'orders', first);
  const again = await refusalOf(helios, `${orders}CREATE MATERIALIZED VIEW Totals AS FROM orders;`);
  expect(again).toContain('The pipeline sums writes Totals already.');
  expect(again).toContain("A view is one pipeline's: give this one another name, or query Totals.");
  const attached = join(directory, 'elsewhere');
  const table = `CREATE TABLE written WITH (connector = 'delta', path = '${attached}') AS FROM orders;`;
  await create(helios, 'writes', orders + table);
  const named = await refusalOf(
    helios,
    `${orders}CREATE MATERIALIZED VIEW written AS FROM orders;`,
  );
  expect(named).toContain('The pipeline writes writes written already.');
  await helios.call('DELETE', '/api/v1/pipelines/writes');
  expect(
    await refusalOf(helios, `${orders}CREATE MATERIALIZED VIEW written AS FROM orders;`),
  ).toContain(`A table named written exists at ${attached}.`);
  await helios.call('DELETE', '/api/v1/pipelines/sums');
  expect(await rowsOf(helios, 'SELECT id FROM large')).toEqual(['2']);
  const left = await refusalOf(helios, orders + large);
  expect(left).toContain('The rows of an earlier large are at ');
  expect(left).toContain('or do without these rows: helios table detach large, then delete');
  const place = join(directory, 'data', 'views', 'large');
  await helios.call('DELETE', '/api/v1/tables/large');
  expect(await refusalOf(helios, orders + large)).toContain('or do without these rows: delete');
  await rm(place, { recursive: true });
  await create(helios, 'sums', orders + large);
  await send(helios, 'orders', second);
  expect(await rowsOf(helios, 'SELECT id FROM large ORDER BY ALL')).toEqual(['2', '4']);
}, 60_000);
