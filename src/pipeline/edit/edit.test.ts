import { expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';

const sales = `CREATE TABLE sales (at TIMESTAMP, shop TEXT, amount INT, WATERMARK FOR at AS (at))
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'sales');`;

function sinkOf(name: string): string {
  return `CREATE TABLE ${name} WITH (connector = 'delta', path = 'tables/${name}', type = 'sink');`;
}

/** Sums by shop into `minutes`. */
function sums(width: string, more = ''): string {
  return `INSERT INTO minutes SELECT tumble(INTERVAL '${width}') AS w, shop, sum(amount) AS n${more}
    FROM sales GROUP BY w, shop;`;
}

const counts = `${sinkOf('counts')} INSERT INTO counts SELECT count(*) AS n FROM sales
  GROUP BY hop(INTERVAL '1 minute', INTERVAL '2 minutes');`;
const running = `${sales} ${sinkOf('minutes')} ${sums('1 minute')}`;

function sale(at: string, shop: string, amount: number): string {
  return JSON.stringify({ at: `2026-11-23T10:${at}Z`, shop, amount });
}

/** A pipeline with two open windows of three rows, in which two shops are. */
async function begun(sql = running): Promise<PipelineFixture> {
  const helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'shops', sql, isAdopting: false });
  const first = [sale('00:10', 'a', 1), sale('00:40', 'b', 2), sale('00:50', 'a', 3)];
  await helios.sendAndWait('sales', [...first, sale('01:05', 'a', 4), sale('01:06', 'b', 5)]);
  await helios.sendAndWait('sales', [sale('00:59', 'a', 100), sale('01:10', 'a', 6)]);
  return helios;
}

test('the same operator is kept, others are new, columns and sinks are compared', async () => {
  await using helios = await begun();
  const edited = `${sales} ${counts} ${sinkOf('minutes')} ${sums('1 minute', ', 1 AS more')}`;
  const consequences = await helios.supervisor.consequences('shops', edited);
  expect(consequences.operators).toMatchObject([
    { effect: 'new', kind: 'hop', sinks: ['counts'], state: undefined },
    {
      effect: 'kept',
      kind: 'tumble',
      sinks: ['minutes'],
      state: { windows: 1, sinceMs: Date.parse('2026-11-23T10:01:00Z') },
    },
  ]);
  expect(consequences.sources).toEqual([{ name: 'sales', effect: 'kept' }]);
  expect(consequences.sinks).toEqual([
    { table: 'counts', effect: 'new', columns: [] },
    {
      table: 'minutes',
      effect: 'changed',
      columns: [{ name: 'more', before: undefined, after: 'INTEGER' }],
    },
  ]);
  await helios.supervisor.edit('shops', edited, { isDiscarding: false });
  await helios.sendAndWait('sales', [sale('02:00', 'a', 7)]);
  const rows = await helios.rows('minutes', `epoch(w."start") % 3600 / 60 AS m, shop, n, more`);
  expect(rows.map((row) => Object.values(row).map(String).join()).toSorted()).toEqual([
    '0,a,4,null',
    '0,b,2,null',
    '1,a,10,1',
    '1,b,5,1',
  ]);
});

test('what would be lost is told, refused, and given up where that is asked for', async () => {
  await using helios = await begun(`${running} ${counts}`);
  const edited = `${sales} ${sinkOf('minutes')} ${sums('5 minutes')} ${counts}`;
  const { operators } = await helios.supervisor.consequences('shops', edited);
  expect(operators).toMatchObject([
    {
      effect: 'lost',
      kind: 'tumble',
      sinks: ['minutes'],
      state: { windows: 1, sinceMs: Date.parse('2026-11-23T10:01:00Z') },
    },
    { effect: 'new', kind: 'tumble', sinks: ['minutes'] },
    { effect: 'kept', kind: 'hop', sinks: ['counts'], state: { windows: 2 } },
  ]);
  const refused = helios.supervisor.edit('shops', edited, { isDiscarding: false });
  await expect(refused).rejects.toMatchObject({ code: 'conflict' });
  expect(helios.supervisor.get('shops')).toMatchObject({ state: 'running' });
  const dropping = { isDiscarding: false, isDroppingState: true };
  await helios.supervisor.edit('shops', edited, dropping);
  await helios.sendAndWait('sales', [sale('02:20', 'a', 7), sale('05:00', 'a', 8)]);
  const rows = await helios.rows('minutes', `epoch(w."end" - w."start") AS s, shop, n`);
  // The new window has what came from the edit on; the other operator has lost nothing.
  expect(rows.map((row) => Object.values(row).map(String).join()).toSorted()).toEqual([
    '300,a,7',
    '60,a,4',
    '60,b,2',
  ]);
  const counted = await helios.rows('counts', 'list(n ORDER BY n)::TEXT AS n');
  expect(counted).toEqual([{ n: '[1, 3, 4, 6]' }]);
});

test('groups lose keys; sources and sinks come, go and move', async () => {
  const topic = `WITH (connector = 'single_file', path = 'totals.json', format = 'debezium_json',
    type = 'sink')`;
  await using helios = await begun(`${sales} CREATE TABLE totals (shop TEXT, n BIGINT) ${topic};
    INSERT INTO totals SELECT shop, count(*) AS n FROM sales GROUP BY shop;`);
  const moved = sales.replace("stream = 'sales'", "stream = 'others', source.offset = 'latest'");
  const { operators, sources, sinks } = await helios.supervisor.consequences(
    'shops',
    `${moved} ${sales.replaceAll('sales', 'more')} ${sinkOf('minutes')}
      INSERT INTO minutes SELECT shop FROM sales UNION ALL SELECT shop FROM more;`,
  );
  expect(operators).toMatchObject([
    { effect: 'lost', kind: 'updating', sinks: ['totals'], state: { keys: 2 } },
  ]);
  expect(sources).toEqual([
    { name: 'sales', effect: 'replaced', from: 'latest' },
    { name: 'more', effect: 'new', from: 'earliest' },
  ]);
  expect(sinks).toEqual([
    { table: 'minutes', effect: 'new', columns: [] },
    { table: 'totals', effect: 'removed', columns: [] },
  ]);
});

test.each<[string, string, object]>([
  ['SQL that is wrong', `${sales} SELECT nope FROM sales;`, { code: 'invalid_sql' }],
  ['a pipeline that is not there', running, { code: 'not_found' }],
])('%s is told as the edit would', async (what, sql, error) => {
  await using helios = await PipelineFixture.open();
  if (what.startsWith('SQL')) {
    await helios.supervisor.create({ name: 'shops', sql: running, isAdopting: false });
  }
  await expect(helios.supervisor.consequences('shops', sql)).rejects.toMatchObject(error);
});
