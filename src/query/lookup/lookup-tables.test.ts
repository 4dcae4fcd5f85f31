import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { PipelineFixture } from '../../pipeline/testing/fixture.ts';
import { crashed } from '../../pipeline/updating/testing/changes.ts';
import {
  create,
  http,
  Looking,
  order,
  ordersTable,
  ratesPipeline,
  sinkOf,
} from './testing/looking.ts';

test('a stream is joined with the newest rows of the table of another pipeline', async () => {
  const looking = new Looking();
  let helios = await looking.open();
  try {
    await create(helios, 'r', ratesPipeline);
    await helios.sendAndWait('raw', ['{"currency": "EUR", "rate": 1.5}']);
    const sql = `${ordersTable} ${sinkOf('paid')}
      INSERT INTO paid SELECT id, amount * rate AS usd FROM orders LEFT JOIN rates USING (currency);`;
    await create(helios, 'p', sql);
    await helios.sendAndWait('orders', [order(1, 'EUR', 2), order(2, 'CHF', 2)]);
    await helios.sendAndWait('raw', ['{"currency": "CHF", "rate": 2}']);
    looking.pass();
    await helios.sendAndWait('orders', [order(3, 'CHF', 2)]);
    helios = await crashed(helios);
    await helios.sendAndWait('orders', [order(4, 'EUR', 4), order(5, 'CHF', 4)]);
    const rows = await helios.rows('paid', 'id::INTEGER AS id, usd');
    expect(rows.toSorted((one, other) => Number(one['id']) - Number(other['id']))).toEqual([
      { id: 1, usd: 3 },
      { id: 2, usd: null },
      { id: 3, usd: 4 },
      { id: 4, usd: 6 },
      { id: 5, usd: 8 },
    ]);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

const fileTable = `CREATE TABLE rates (currency TEXT PRIMARY KEY, rate DOUBLE) WITH (
  connector = 'single_file', path = 'rates.jsonl', type = 'lookup', 'lookup.cache.ttl' = '1 ms');`;
const paid = `${ordersTable} ${fileTable} ${sinkOf('paid')}
  INSERT INTO paid SELECT id, amount * rate AS usd FROM orders JOIN rates USING (currency);`;

async function writeRates(
  { directory }: PipelineFixture,
  ...lines: readonly string[]
): Promise<void> {
  const path = join(directory, 'rates.jsonl');
  await writeFile(`${path}.new`, lines.map((line) => `${line}\n`).join(''));
  await rename(`${path}.new`, path);
}

async function paidRows(helios: PipelineFixture): Promise<readonly unknown[]> {
  const rows = await helios.rows('paid', 'id::INTEGER AS id, usd');
  return rows.toSorted((one, other) => Number(one['id']) - Number(other['id']));
}

async function untilPaid(helios: PipelineFixture, rowCount: number): Promise<void> {
  const isPaid = async (): Promise<boolean> => (await paidRows(helios)).length === rowCount;
  await vi.waitUntil(isPaid, { timeout: 20_000, interval: 5 });
}

async function untilFails(helios: PipelineFixture, message: RegExp): Promise<void> {
  await vi.waitUntil(
    () => helios.supervisor.list().some(({ error }) => message.test(error?.message ?? '')),
    { timeout: 20_000, interval: 5 },
  );
}

test('a pipeline waits for a file that can not be read, and goes on when it can', async () => {
  const looking = new Looking();
  await using helios = await looking.open();
  await writeRates(helios, '{"currency": "EUR", "rate": 2}');
  await create(helios, 'p', paid);
  await helios.sendAndWait('orders', [order(1, 'EUR', 1)]);
  for (const [index, [broken, message]] of brokenRates.entries()) {
    await writeRates(helios, broken);
    looking.pass();
    await helios.send('orders', [order(index + 2, 'EUR', 1)]);
    await untilFails(helios, message);
    await writeRates(helios, '{"currency": "EUR", "rate": 3}');
    await untilPaid(helios, index + 2);
  }
  expect(await paidRows(helios)).toEqual([
    { id: 1, usd: 2 },
    { id: 2, usd: 3 },
    { id: 3, usd: 3 },
    { id: 4, usd: 3 },
  ]);
}, 60_000);

const brokenRates = [
  ['{"currency": "EUR", "rate": ', /lookup table rates can't be read/],
  ['{"currency": "EUR", "rate": "much"}', /lookup table rates can't be read.*much/],
  ['{"currency": "EUR"}', /rates can't be read: It has no column rate/],
] as const;

test('a table of another type is taken as it is now; one that is gone stops the pipeline', async () => {
  const looking = new Looking();
  await using helios = await looking.open();
  const path = join(helios.directory, 'rates');
  await mkdir(path);
  await writeFile(join(path, 'a.csv'), 'currency,rate\nEUR,2\n');
  const entry = { name: 'Rates', path, kind: 'attached' } as const;
  helios.catalog.addTable(entry);
  const sql = `${ordersTable} ${sinkOf('paid')}
    INSERT INTO paid SELECT id, (amount * rate)::DOUBLE AS usd FROM orders JOIN rates USING (currency);`;
  await create(helios, 'p', sql);
  await helios.sendAndWait('orders', [order(1, 'EUR', 1)]);
  await writeFile(join(path, 'a.csv'), 'currency,rate\nEUR,2.5\n');
  looking.pass();
  await helios.send('orders', [order(2, 'EUR', 1)]);
  await untilPaid(helios, 2);
  helios.catalog.deleteTable('Rates');
  looking.pass();
  await helios.send('orders', [order(3, 'EUR', 1)]);
  await vi.waitUntil(() => helios.supervisor.list()[0]?.state === 'failed', { timeout: 20_000 });
  expect(helios.supervisor.list()[0]?.error?.message).toMatch(/no table "rates"/);
  helios.catalog.addTable(entry);
  await helios.supervisor.start('p');
  await untilPaid(helios, 3);
  expect(await paidRows(helios)).toEqual([
    { id: 1, usd: 2 },
    { id: 2, usd: 2.5 },
    { id: 3, usd: 2.5 },
  ]);
}, 60_000);

test('a pipeline whose table is gone can be stopped, and its rows be queried', async () => {
  const looking = new Looking();
  let helios = await looking.open();
  try {
    await create(helios, 'r', ratesPipeline);
    await helios.sendAndWait('raw', ['{"currency": "EUR", "rate": 1.5}']);
    const sql = `${ordersTable} ${sinkOf('paid')}
      INSERT INTO paid SELECT id, amount * rate AS usd FROM orders JOIN rates USING (currency);`;
    await create(helios, 'p', sql);
    await helios.sendAndWait('orders', [order(1, 'EUR', 2)]);
    await helios.supervisor.delete('r', { isDiscarding: false });
    helios.registry.close('rates');
    helios.catalog.deleteTable('rates');
    helios = await helios.reopened();
    expect(await paidRows(helios)).toEqual([{ id: 1, usd: 3 }]);
    expect(helios.supervisor.list()).toMatchObject([{ name: 'p', state: 'failed' }]);
    await helios.supervisor.stop('p', { isDiscarding: false });
    expect((await helios.delta('tables/paid')).snapshot().files).toHaveLength(1);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

test('a table that is kept current is looked up as it is by then', async () => {
  const looking = new Looking();
  await using helios = await looking.open();
  const sql = `CREATE TABLE raw (currency TEXT, rate DOUBLE) ${http('raw')};
    ${sinkOf('rates')} INSERT INTO rates SELECT currency, max(rate) AS rate FROM raw GROUP BY currency;`;
  await create(helios, 'r', sql);
  await helios.sendAndWait('raw', ['{"currency": "EUR", "rate": 1}']);
  await create(
    helios,
    'p',
    `${ordersTable} ${sinkOf('paid')}
    INSERT INTO paid SELECT id, amount * rate AS usd FROM orders JOIN rates USING (currency);`,
  );
  await helios.sendAndWait('orders', [order(1, 'EUR', 1)]);
  await helios.sendAndWait('raw', ['{"currency": "EUR", "rate": 2}']);
  looking.pass();
  await helios.sendAndWait('orders', [order(2, 'EUR', 1)]);
  await helios.supervisor.stop('r', { isDiscarding: false });
  looking.pass();
  await helios.sendAndWait('orders', [order(3, 'EUR', 1)]);
  expect(await paidRows(helios)).toEqual([
    { id: 1, usd: 1 },
    { id: 2, usd: 2 },
    { id: 3, usd: 2 },
  ]);
});

test('what came before is read by a backfill, which sees the table too', async () => {
  await using helios = await new Looking().open();
  await writeRates(helios, '{"currency": "EUR", "rate": 2}');
  await helios.log.ensureStream('orders');
  await helios.send('orders', [order(1, 'EUR', 1)]);
  const late = ordersTable.replace("'source',", "'source', source.offset = 'latest',");
  await create(helios, 'p', paid.replace(ordersTable, late));
  await helios.sendAndWait('orders', [order(2, 'EUR', 1)]);
  await helios.supervisor.backfill('p', 'earliest');
  const done = await helios.supervisor.whenDone('p_backfill', AbortSignal.timeout(20_000));
  expect(done).toMatchObject({ state: 'finished' });
  expect(await paidRows(helios)).toEqual([
    { id: 1, usd: 2 },
    { id: 2, usd: 2 },
  ]);
});

test('tables with partitions, and raw files, are read as queries read them', async () => {
  const looking = new Looking();
  await using helios = await looking.open();
  const sql = `CREATE TABLE raw (currency TEXT, rate DOUBLE) ${http('raw')};
    CREATE TABLE parted WITH (connector = 'delta', path = 'tables/parted',
      partition_fields = [currency], type = 'sink');
    CREATE TABLE files WITH (connector = 'filesystem', format = 'json', path = 'tables/files', type = 'sink');
    INSERT INTO parted SELECT currency, rate FROM raw;
    INSERT INTO files SELECT currency, rate FROM raw;`;
  await create(helios, 'r', sql);
  await helios.sendAndWait('raw', [
    '{"currency": "EUR", "rate": 1}',
    '{"currency": "A/B", "rate": 2}',
  ]);
  await helios.supervisor.stop('r', { isDiscarding: false });
  await create(
    helios,
    'p',
    `${ordersTable} ${sinkOf('paid')}
    CREATE TEMPORARY TABLE there (currency TEXT, rate FLOAT)
      WITH (connector = 'delta', path = 'tables/parted');
    INSERT INTO paid SELECT id, files.rate + parted.rate + there.rate AS usd FROM orders
      JOIN parted USING (currency) JOIN files USING (currency) JOIN there USING (currency);`,
  );
  await helios.sendAndWait('orders', [order(1, 'EUR', 0), order(2, 'A/B', 0), order(3, 'C', 0)]);
  expect(await paidRows(helios)).toEqual([
    { id: 1, usd: 3 },
    { id: 2, usd: 6 },
  ]);
  const validation = await helios.supervisor.validate(
    `${ordersTable} SELECT id, rate FROM orders JOIN parted USING (currency);`,
  );
  expect(validation).toMatchObject({
    kind: 'ok',
    graph: {
      nodes: [
        { id: 'orders', kind: 'source' },
        { id: 'parted', kind: 'lookup' },
        { id: '__select_1', kind: 'select' },
        { id: 'result', kind: 'sink' },
      ],
      edges: expect.arrayContaining([
        { from: 'orders', to: '__select_1' },
        { from: 'parted', to: '__select_1' },
        { from: '__select_1', to: 'result' },
      ]),
    },
  });
});

test('windows over what was joined, and windows that are joined, see the table', async () => {
  await using helios = await new Looking().open();
  await writeRates(helios, '{"currency": "EUR", "rate": 2}', '{"currency": "CHF", "rate": 3}');
  const sql = `CREATE TABLE ticks (t TIMESTAMP, currency TEXT, amount DOUBLE, WATERMARK FOR t AS (t))
      ${http('ticks')};
    ${fileTable} ${sinkOf('sums')} ${sinkOf('worth')}
    INSERT INTO sums SELECT minute(w.start) AS m, usd FROM (
      SELECT tumble(INTERVAL '1 minute') AS w, sum(amount * rate) AS usd
      FROM ticks JOIN rates USING (currency) WHERE currency IN (SELECT currency FROM rates)
      GROUP BY w);
    INSERT INTO worth SELECT minute(w.start) AS m, c.currency, n * rate AS n,
        (SELECT max(rate) FROM rates) AS best
      FROM (SELECT tumble(INTERVAL '1 minute') AS w, currency, count(*) AS n FROM ticks
        GROUP BY w, currency) c LEFT JOIN rates r ON r.currency = c.currency;`;
  await create(helios, 'p', sql);
  const tick = (time: string, currency: string, amount: number): string =>
    JSON.stringify({ t: `2026-01-01T00:${time}Z`, currency, amount });
  await helios.sendAndWait('ticks', [tick('01:00', 'EUR', 1), tick('01:01', 'CHF', 1)]);
  await helios.sendAndWait('ticks', [tick('01:30', 'JPY', 1), tick('01:31', 'EUR', 2)]);
  await helios.sendAndWait('ticks', [tick('03:00', 'EUR', 1)]);
  expect(await helios.rows('sums', 'm::INTEGER AS m, usd')).toEqual([{ m: 1, usd: 9 }]);
  const worth = await helios.rows('worth', 'm::INTEGER AS m, currency, n, best');
  expect(worth).toHaveLength(3);
  expect(worth).toEqual(
    expect.arrayContaining([
      { m: 1, currency: 'EUR', n: 4, best: 3 },
      { m: 1, currency: 'CHF', n: 3, best: 3 },
      { m: 1, currency: 'JPY', n: null, best: 3 },
    ]),
  );
});

test('a record that fails beside a table is rejected alone; previews see the table', async () => {
  await using helios = await new Looking().open();
  await writeRates(helios, '{"currency": "EUR", "rate": 2}');
  const select = `SELECT id, (amount * rate)::TINYINT AS usd FROM orders JOIN rates USING (currency)`;
  const sql = `${ordersTable} ${fileTable} ${sinkOf('paid')} INSERT INTO paid ${select};`;
  await create(helios, 'p', sql);
  await helios.sendAndWait('orders', [order(1, 'EUR', 1), order(2, 'EUR', 500), '{"id": "x"}']);
  expect(await helios.rows('paid', 'id::INTEGER AS id, usd')).toEqual([{ id: 1, usd: 2 }]);
  const [info] = helios.supervisor.list();
  expect(info?.recordsRejected).toBe(2);
  const rows: unknown[] = [];
  for await (const event of helios.supervisor.preview(`${ordersTable} ${fileTable} ${select}`, {
    input: 'history',
    rowsMax: 1,
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  })) {
    if (event.kind === 'rows') rows.push(...event.rows);
  }
  expect(rows).toEqual([[1, 2]]);
});

const refused: readonly (readonly [select: string, message: RegExp])[] = [
  ['SELECT * FROM rates', /reads lookup tables alone/],
  ['SELECT currency FROM orders UNION ALL SELECT currency FROM rates', /be put together/],
  ['SELECT * FROM rates LEFT JOIN orders USING (currency)', /no event calls for/],
  ['SELECT * FROM orders FULL JOIN rates USING (currency)', /no event calls for/],
  ['SELECT n, rate FROM counted JOIN rates USING (currency)', /Rows that change cannot be joined/],
  ['SELECT n FROM counted WHERE currency IN (SELECT currency FROM rates)', /Rows that change/],
  ['SELECT rate FROM rates WHERE currency IN (SELECT currency FROM orders)', /no event calls for/],
  ['SELECT count(*) AS n FROM orders WHERE id > (SELECT max(rate) FROM rates)', /Subqueries/],
  ['SELECT id, dear FROM orders JOIN rates USING (currency)', /dear/],
];

test('what has no meaning beside a table is refused, with its place', async () => {
  await using helios = await new Looking().open();
  for (const [select, message] of refused) {
    const sql = `${ordersTable} ${fileTable}
      CREATE VIEW counted AS SELECT currency, count(*) AS n FROM orders GROUP BY currency;
      CREATE TABLE out WITH (connector = 'single_file', path = 'out.json', format = 'debezium_json');
      INSERT INTO out ${select};`;
    const found = await helios.supervisor.validate(sql);
    expect(found, select).toMatchObject({
      kind: 'errors',
      errors: [{ message: expect.stringMatching(message), position: { line: 6 } }],
    });
  }
});
