import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, Engine, type Row } from '../../engine/engine.ts';
import { planScript } from '../plan/planner.ts';
import type { Dataflow } from './dataflow.ts';
import { runOnce } from './testing/run-once.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
  await connection.execute(`
    CREATE TABLE bids AS SELECT
        (i * 7 % 5)::BIGINT AS auction, (i % 3)::BIGINT AS bidder,
        CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 37 % 101)::BIGINT END AS price,
        (i * 13 % 50 / 4)::DOUBLE AS weight, ((i * 29 % 997) / 100)::DECIMAL(10, 2) AS amount,
        ['a' || i % 2, 'b'] AS tags,
        TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_milliseconds(i * i * 17 % 300000) AS ts
      FROM range(200) AS t(i);
    CREATE TABLE people AS SELECT
        (i % 3)::BIGINT AS id, 'p' || i AS name,
        TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_seconds(i * 20) AS ts
      FROM range(12) AS t(i)`);
});

afterAll(() => {
  connection.close();
  engine.close();
});

const sources = `
  CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, weight DOUBLE,
      amount DECIMAL(10, 2), tags TEXT[], ts TIMESTAMP, WATERMARK FOR ts)
    WITH (connector = 'http', type = 'source');
  CREATE TABLE people (id BIGINT, name TEXT, ts TIMESTAMP, WATERMARK FOR ts)
    WITH (connector = 'http', type = 'source');
`;

async function dataflowOf(script: string): Promise<Dataflow> {
  const planned = await planScript(sources + script, connection);
  if (planned.kind === 'errors') throw new Error(planned.errors[0]?.message);
  if (planned.plan.dataflow === undefined) throw new Error('It is stateless.');
  return planned.plan.dataflow;
}

/** Windows of plain DuckDB: `[start, end)` as a STRUCT. */
function tumble(seconds: number, time = 'ts'): string {
  const start = `time_bucket(to_seconds(${seconds}), ${time}, TIMESTAMPTZ 'epoch')`;
  return `{'start': ${start}, 'end': ${start} + to_seconds(${seconds})}`;
}

const minute = tumble(60);

describe('a dataflow gives what one query over all rows gives', () => {
  const cases: readonly [name: string, script: string, query: string][] = [
    [
      'a global aggregate of each minute',
      "SELECT tumble(interval '1 minute') AS window, count(*) AS n FROM bids GROUP BY window",
      `SELECT ${minute} AS "window", count(*) AS n FROM bids GROUP BY 1`,
    ],
    [
      'groups, a filter before and one behind',
      `SELECT auction, tumble(interval '60 seconds') AS w, sum(price) AS total
         FROM bids WHERE price > 3 GROUP BY 1, 2 HAVING total > 50`,
      `SELECT auction, ${minute} AS w, sum(price) AS total
         FROM bids WHERE price > 3 GROUP BY 1, 2 HAVING sum(price) > 50`,
    ],
    [
      'through views, with stars',
      `CREATE VIEW dear AS SELECT *, price * 2 AS twice FROM bids WHERE price > 3;
       CREATE VIEW dearer AS SELECT * EXCLUDE (bidder) FROM dear;
       SELECT tumble(interval '1 minute') AS w, max(twice) AS top FROM dearer GROUP BY w`,
      `SELECT ${minute} AS w, max(price * 2) AS top FROM bids WHERE price > 3 GROUP BY 1`,
    ],
    [
      'CTEs and subqueries, whose names are used again',
      `WITH bids AS (SELECT auction AS a, price FROM bids), q(x, y) AS (SELECT a, price FROM bids)
       SELECT w.start AS s, x, n FROM (WITH q AS (SELECT x, y + 1 AS y FROM q)
         SELECT tumble(interval '1 minute') AS w, x, avg(y) AS n FROM q GROUP BY w, x)`,
      `SELECT (${minute}).start AS s, auction AS x, avg(price + 1) AS n FROM bids
         GROUP BY ${minute}, auction`,
    ],
    [
      'events that are unnested',
      `SELECT tumble(interval '1 minute') AS w, u.tag, count(*) AS n
         FROM bids, unnest(tags) AS u(tag) GROUP BY w, u.tag`,
      `SELECT ${minute} AS w, tag, count(*) AS n
         FROM (SELECT *, unnest(tags) AS tag FROM bids) GROUP BY 1, 2`,
    ],
    [
      'the windows of two streams, in one aggregate over both',
      `CREATE VIEW both_ AS SELECT bidder AS id FROM bids UNION ALL SELECT id FROM people;
       SELECT tumble(interval '1 minute') AS w, id, count(*) AS n FROM both_ GROUP BY w, id`,
      `SELECT ${minute} AS w, id, count(*) AS n
         FROM (SELECT bidder AS id, ts FROM bids UNION ALL SELECT id, ts FROM people) GROUP BY 1, 2`,
    ],
    [
      'the dearest three of each window',
      `SELECT w, auction, total, row_number() OVER (PARTITION BY w ORDER BY total DESC, auction) AS r
       FROM (SELECT tumble(interval '1 minute') AS w, auction, sum(price) AS total
         FROM bids GROUP BY w, auction) QUALIFY r <= 3`,
      `SELECT w, auction, total, row_number() OVER (PARTITION BY w ORDER BY total DESC, auction) AS r
       FROM (SELECT ${minute} AS w, auction, sum(price) AS total FROM bids GROUP BY 1, 2)
       QUALIFY r <= 3`,
    ],
    [
      'ORDER BY and LIMIT in each window',
      `SELECT tumble(interval '1 minute') AS w, auction, count(*) AS n FROM bids GROUP BY w, auction
       ORDER BY n DESC, auction LIMIT 2 OFFSET 1`,
      `SELECT ${minute} AS w, auction, count(*) AS n FROM bids GROUP BY 1, 2
       QUALIFY row_number() OVER (PARTITION BY ${minute} ORDER BY count(*) DESC, auction)
         BETWEEN 2 AND 3`,
    ],
    [
      'a join of equal windows',
      `CREATE VIEW b AS SELECT tumble(interval '1 minute') AS window, bidder, count(*) AS n
         FROM bids GROUP BY window, bidder;
       CREATE VIEW p AS SELECT tumble(interval '1 minute') AS window, id, max(name) AS name
         FROM people GROUP BY window, id;
       SELECT b.window.start AS s, coalesce(bidder, id) AS id, n, name
         FROM b FULL JOIN p ON b.window = p.window AND b.bidder = p.id`,
      `SELECT coalesce(b.w, p.w).start AS s, coalesce(bidder, id) AS id, n, name
         FROM (SELECT ${minute} AS w, bidder, count(*) AS n FROM bids GROUP BY 1, 2) b
         FULL JOIN (SELECT ${minute} AS w, id, max(name) AS name FROM people GROUP BY 1, 2) p
         ON b.w = p.w AND bidder = id`,
    ],
    [
      'an aggregate of windows',
      `WITH sums AS (SELECT tumble(interval '1 minute') AS window, auction, sum(price) AS total
         FROM bids GROUP BY window, auction)
       SELECT window, max(total) AS top, count(*) AS n FROM sums GROUP BY window`,
      `SELECT w AS "window", max(total) AS top, count(*) AS n
       FROM (SELECT ${minute} AS w, auction, sum(price) AS total FROM bids GROUP BY 1, 2) GROUP BY 1`,
    ],
    [
      'hours of minutes',
      `SELECT tumble(interval '2 minutes') AS w, sum(n)::BIGINT AS n FROM
         (SELECT tumble(interval '1 minute') AS window, count(*) AS n FROM bids GROUP BY window)
       GROUP BY w`,
      `SELECT ${tumble(120)} AS w, count(*) AS n FROM bids GROUP BY 1`,
    ],
    [
      'aggregates that keep rows',
      `SELECT tumble(interval '1 minute') AS w, auction, median(price) AS m,
         list(price ORDER BY price) FILTER (weight > 1) AS l, count(DISTINCT bidder) AS d,
         string_agg(tags[1], ',' ORDER BY ts) AS s
       FROM bids GROUP BY ALL`,
      `SELECT ${minute} AS w, auction, median(price) AS m,
         list(price ORDER BY price) FILTER (weight > 1) AS l, count(DISTINCT bidder) AS d,
         string_agg(tags[1], ',' ORDER BY ts) AS s
       FROM bids GROUP BY ALL`,
    ],
  ];
  test.each(cases)('%s', async (_name, script, query) => {
    const dataflow = await dataflowOf(script);
    const [rows = []] = await runOnce(dataflow, connection);
    expect(inOrder(rows)).toEqual(inOrder(await connection.rows(query)));
    expect(rows.length).toBeGreaterThan(1);
  });
});

function inOrder(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
