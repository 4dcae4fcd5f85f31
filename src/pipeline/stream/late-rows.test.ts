import { expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';

const source = `CREATE TABLE events (t TIMESTAMP NOT NULL, k TEXT, v DECIMAL(10, 2), WATERMARK FOR t)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

function sink(name: string, options = ", late_rows = 'keep'"): string {
  return `CREATE TABLE ${name} WITH (connector = 'delta', path = 'tables/${name}', type = 'sink'
    ${options});`;
}

const counts = `INSERT INTO sunk SELECT w.start AS start, k, n FROM (
  SELECT tumble(INTERVAL '1 minute') AS w, k, count(*) AS n FROM events WHERE k <> 'no' GROUP BY 1, 2);`;

function line(seconds: number, k: string, v = '1.50'): string {
  return JSON.stringify({ t: new Date(seconds * 1000).toISOString(), k, v });
}

const lateColumns = `epoch(event_time)::BIGINT AS at, epoch(watermark)::BIGINT AS passed,
  epoch("window"."start")::BIGINT AS starts, epoch("window"."end")::BIGINT AS ends, label, source,
  "row"`;

async function late(helios: PipelineFixture, table = 'sunk_late'): Promise<readonly string[]> {
  const rows = await helios.rows(table, lateColumns);
  return rows.map((row) => Object.values(row).map(String).join(' ')).toSorted();
}

test('rows that come too late are kept once, as they came, over restarts', async () => {
  let helios = await PipelineFixture.open();
  try {
    const sql = `${source} ${sink('sunk')} ${counts}`;
    await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
    await helios.sendAndWait('events', [line(1, 'a'), line(59, 'b'), line(61, 'a')]);
    expect(await late(helios)).toEqual([]);
    await helios.sendAndWait('events', [line(3, 'late', '0.10'), line(4, 'no'), line(62, 'a')]);
    const first =
      '3 60 0 60 tumble(1 minute) events {"t":"1970-01-01T00:00:03Z","k":"late","v":0.10}';
    expect(await late(helios)).toEqual([first]);
    helios = await helios.reopened();
    await helios.sendAndWait('events', [line(-1, 'older'), line(125, 'c')]);
    const second =
      '-1 61 -60 0 tumble(1 minute) events {"t":"1969-12-31T23:59:59Z","k":"older","v":1.50}';
    expect(await late(helios)).toEqual([second, first]);
    const [pipeline] = helios.supervisor.list();
    expect(pipeline?.stream?.operators.map(({ lateRows }) => lateRows)).toEqual([2]);
    expect(pipeline?.sinks.map(({ table, rowsOut }) => [table, rowsOut])).toContainEqual([
      'sunk_late',
      2,
    ]);
    await helios.supervisor.stop('p', { isDiscarding: false });
    expect(await late(helios)).toEqual([second, first]);
    const table = await helios.delta('tables/sunk_late');
    expect(table.snapshot().schema.map(({ name }) => name)).toEqual([
      'read_at',
      'event_time',
      'watermark',
      'window',
      'operator',
      'label',
      'source',
      'row',
    ]);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

test.each([
  {
    window: "hop(INTERVAL '20 seconds', INTERVAL '1 minute')",
    expected: '19 100 -40 20 hop(20 seconds, 1 minute)',
  },
  { window: "session(INTERVAL '30 seconds')", expected: '19 100 19 49 session(30 seconds)' },
])('$window says which window it missed', async ({ window, expected }) => {
  await using helios = await PipelineFixture.open();
  const sql = `${source} ${sink('sunk')} INSERT INTO sunk
    SELECT ${window} AS w, k, median(v) AS v FROM events GROUP BY 1, 2;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', [line(101, 'a')]);
  await helios.sendAndWait('events', [line(19, 'late'), line(102, 'a')]);
  const rows = await late(helios);
  expect(rows.map((row) => row.split(' events ')[0])).toEqual([expected]);
});

test('each sink that asks has the rows of all windows that lead to it', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${source} ${sink('both')} ${sink('counted', '')} ${sink('one')}
    CREATE VIEW big AS SELECT k AS name, v FROM events WHERE v > 1;
    CREATE VIEW minutes AS SELECT tumble(INTERVAL '1 minute') AS w, name, count(*) AS n FROM big GROUP BY ALL;
    CREATE VIEW sums AS SELECT tumble(INTERVAL '1 minute') AS w, k, sum(v) AS v FROM events GROUP BY ALL;
    INSERT INTO both SELECT minutes.w AS w, n, v FROM minutes JOIN sums ON minutes.w = sums.w;
    INSERT INTO counted SELECT * FROM sums;
    INSERT INTO one SELECT w, n FROM minutes;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', [line(101, 'a')]);
  await helios.sendAndWait('events', [line(2, 'x', '5'), line(3, 'y', '1'), line(102, 'a')]);
  const of = async (table: string): Promise<readonly unknown[]> =>
    (await helios.rows(table, 'operator, "row"')).map((row) => [row['operator'], row['row']]);
  const small = '{"name":"x","v":5.00}';
  expect(await of('one_late')).toEqual([['minutes', small]]);
  const both = (await of('both_late')).map(String).toSorted();
  expect(both.map((row) => row.split(',')[0])).toEqual(['minutes', 'sums', 'sums']);
  expect(helios.registry.get('counted_late')).toBeUndefined();
});

test('a table that is kept current has the late rows of the windows on its way', async () => {
  let helios = await PipelineFixture.open();
  try {
    const sql = `${source} ${sink('sunk')}
      CREATE TABLE names (k TEXT, name TEXT)
        WITH (connector = 'http', format = 'json', type = 'source', stream = 'names');
      INSERT INTO sunk SELECT m.w.start AS start, m.k, n, name
      FROM (SELECT tumble(INTERVAL '1 minute') AS w, k, count(*) AS n FROM events GROUP BY 1, 2) m
      LEFT JOIN names ON m.k = names.k;`;
    await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
    await helios.sendAndWait('events', [line(1, 'a'), line(61, 'b')]);
    await helios.sendAndWait('events', [line(2, 'late'), line(121, 'c')]);
    await helios.sendAndWait('names', [JSON.stringify({ k: 'a', name: 'ann' })]);
    helios = await helios.reopened();
    await helios.sendAndWait('events', [line(62, 'later'), line(181, 'd')]);
    const row = (k: string, seconds: number): string =>
      `{"t":"1970-01-01T00:0${Math.floor(seconds / 60)}:02Z","k":"${k}","v":1.50}`;
    expect(await late(helios)).toEqual([
      `2 60 0 60 tumble(1 minute) events ${row('late', 2)}`,
      `62 120 60 120 tumble(1 minute) events ${row('later', 62)}`,
    ]);
    await helios.supervisor.stop('p', { isDiscarding: false });
    expect(await late(helios)).toHaveLength(2);
    const current = await helios.delta('tables/sunk');
    expect(current.snapshot().schema.map(({ name }) => name)).toEqual(['start', 'k', 'n', 'name']);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

test('the table of late rows stands behind its windows in the graph', async () => {
  await using helios = await PipelineFixture.open();
  const validation = await helios.supervisor.validate(`${source} ${sink('sunk')} ${counts}`);
  if (validation.kind === 'errors') throw new Error(validation.errors[0]?.message);
  const { edges, nodes } = validation.graph;
  const window = nodes.find(({ kind }) => kind === 'window')?.id ?? '';
  expect(edges.filter(({ to }) => to === 'sunk_late')).toEqual([{ from: window, to: 'sunk_late' }]);
  expect(validation.sinks.map(({ name }) => name)).toEqual(['sunk', 'sunk_late']);
});

test.each([
  [`INSERT INTO sunk SELECT * FROM events;`, 'nothing comes too late for sunk'],
  [
    `CREATE VIEW sunk_late AS SELECT 1 AS x FROM events; ${counts}`,
    'makes a table sunk_late, and the script has one already',
  ],
])('%s is refused', async (select, message) => {
  await using helios = await PipelineFixture.open();
  const validation = await helios.supervisor.validate(`${source} ${sink('sunk')} ${select}`);
  const errors = validation.kind === 'errors' ? validation.errors : [];
  expect(errors.map((error) => error.message)).toEqual([expect.stringContaining(message)]);
});

test('sinks that are no Delta tables keep no late rows', async () => {
  await using helios = await PipelineFixture.open();
  const printing = sink('sunk').replace('delta', 'single_file');
  const validation = await helios.supervisor.validate(`${source} ${printing} ${counts}`);
  expect(validation).toMatchObject({
    errors: [
      { message: "late_rows = 'keep' needs a Delta table, and this is a sink of single_file." },
    ],
  });
});
