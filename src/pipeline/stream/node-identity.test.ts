import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { planScript } from '../plan/planner.ts';
import { nodeIdentities } from './node-identity.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
});

afterAll(() => engine.close());

const script = `CREATE MACRO cents(amount) AS amount * 100;
CREATE TABLE sales (at TIMESTAMP, shop TEXT, amount DOUBLE, WATERMARK FOR at AS (at))
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'sales');
CREATE TABLE minutes WITH (connector = 'delta', path = 'minutes', type = 'sink');
CREATE TABLE totals (shop TEXT, n BIGINT)
  WITH (connector = 'kafka', topic = 't', bootstrap_servers = 'b:9092', type = 'sink',
    format = 'debezium_json');
CREATE VIEW large AS SELECT * FROM sales WHERE amount > 10;
INSERT INTO minutes SELECT shop, sum(cents(amount)) AS cents FROM large
  GROUP BY tumble(INTERVAL '1 minute'), shop;
INSERT INTO totals SELECT shop, count(*) AS n FROM sales GROUP BY shop;`;

async function identitiesOf(text: string): Promise<readonly string[]> {
  await using connection = await engine.connect();
  const planned = await planScript(text, connection);
  if (planned.kind === 'errors') throw new Error(planned.errors[0]?.message);
  const { plan } = planned;
  if (plan.dataflow === undefined) throw new Error('keeps nothing');
  return [...nodeIdentities(plan, plan.dataflow).values()];
}

/** How many of the two nodes' states are of use to the edited script. */
test.each<[string, string, string, number]>([
  ['nothing', 'SELECT', 'SELECT', 2],
  ['the layout', 'amount > 10', 'amount  /* large */ >\n 10', 2],
  ['what a window gives', 'sum(cents(amount)) AS cents', 'sum(cents(amount)) + 1 AS more', 2],
  [
    'another window before it, which moves the numbers of nodes',
    'CREATE VIEW large',
    `CREATE TABLE first WITH (connector = 'blackhole', type = 'sink');
    INSERT INTO first SELECT count(*) AS n FROM sales GROUP BY tumble(INTERVAL '5 minutes');
    CREATE VIEW large`,
    2,
  ],
  ['the width of the window', '1 minute', '2 minutes', 1],
  ['what is kept for it', 'sum(cents', 'max(cents', 1],
  ['the view that it reads', 'amount > 10', 'amount > 11', 1],
  ['the macro that it calls', 'amount * 100', 'amount * 1000', 1],
  ['what a group gives', 'count(*) AS n', 'count(*) + 1 AS n', 1],
  ['the column that is its time', 'FOR at AS (at)', 'FOR later AS (later)', 0],
])('changing %s', async (_what, from, to, keptCount) => {
  const edited = script
    .replace(from, to)
    .replace('amount DOUBLE,', (columns) =>
      to.includes('later')
        ? `${columns} later TIMESTAMP GENERATED ALWAYS AS ("at" + INTERVAL '1 second') STORED,`
        : columns,
    );
  const before = await identitiesOf(script);
  expect(new Set(before).size).toBe(2);
  const after = new Set(await identitiesOf(edited));
  expect(before.filter((identity) => after.has(identity))).toHaveLength(keptCount);
});
