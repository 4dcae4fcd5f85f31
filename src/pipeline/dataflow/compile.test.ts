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
      'hops, whose slide comes first',
      `SELECT hop(interval '20 seconds', interval '1 minute') AS w, count(*) AS n, max(price) AS top
         FROM bids GROUP BY w`,
      `SELECT {'start': s, 'end': s + to_seconds(60)} AS w, count(*) AS n, max(price) AS top
       FROM (SELECT price, unnest([0, 20, 40]) AS back,
           time_bucket(to_seconds(20), ts, TIMESTAMPTZ 'epoch') - to_seconds(back) AS s
         FROM bids) GROUP BY w`,
    ],
    [
      'sessions of each bidder',
      `SELECT session(interval '8 seconds') AS w, bidder, count(*) AS n, sum(price) AS total
         FROM bids GROUP BY w, bidder`,
      `SELECT {'start': min(ts), 'end': max(ts) + to_seconds(8)} AS w, bidder, count(*) AS n,
         sum(price) AS total
       FROM (SELECT *, sum(isNew) OVER (PARTITION BY bidder ORDER BY ts) AS number
         FROM (SELECT *, CASE WHEN ts - lag(ts) OVER (PARTITION BY bidder ORDER BY ts)
             < to_seconds(8) THEN 0 ELSE 1 END AS isNew FROM bids))
       GROUP BY bidder, number`,
    ],
    [
      'all aggregates that are merged',
      `SELECT tumble(interval '1 minute') AS w, auction % 2 AS odd, count(*) AS n, count(price) AS p,
         count_if(price > 50) AS d, sum(price) AS s, sum(amount) AS a, avg(price)::FLOAT AS m,
         avg(amount)::FLOAT AS ma, avg(weight)::FLOAT AS mw, min(tags[1]) AS t, max(ts) AS last,
         bool_and(price > 1) AS every, bool_or(price > 99) AS some, sum(weight)::FLOAT AS ws,
         count(*) FILTER (price > 10) + 1 AS f, sum(price) FILTER (weight > 3) AS fs
       FROM bids GROUP BY w, auction % 2 HAVING count(*) > 1`,
      `SELECT ${minute} AS w, auction % 2 AS odd, count(*) AS n, count(price) AS p,
         count_if(price > 50) AS d, sum(price) AS s, sum(amount) AS a, avg(price)::FLOAT AS m,
         avg(amount)::FLOAT AS ma, avg(weight)::FLOAT AS mw, min(tags[1]) AS t, max(ts) AS last,
         bool_and(price > 1) AS every, bool_or(price > 99) AS some, sum(weight)::FLOAT AS ws,
         count(*) FILTER (price > 10) + 1 AS f, sum(price) FILTER (weight > 3) AS fs
       FROM bids GROUP BY 1, 2 HAVING count(*) > 1`,
    ],
    [
      'rollups within each window, and GROUPING',
      `SELECT tumble(interval '1 minute') AS w, auction, grouping(auction) AS g, count(*) AS n
         FROM bids GROUP BY GROUPING SETS ((w, auction), (w))`,
      `SELECT ${minute} AS w, auction, grouping(auction) AS g, count(*) AS n
         FROM bids GROUP BY GROUPING SETS ((w, auction), (w))`,
    ],
    [
      'aliases that hide columns, lambdas and fields of JSON',
      `SELECT tumble(interval '1 minute') AS w, sum(price) AS price, any_value(bidder) IS NULL AS x,
         max(list_transform(tags, t -> t || auction)) AS l
       FROM bids AS b GROUP BY w, b.auction HAVING price > 100 ORDER BY price LIMIT 3`,
      `SELECT ${minute} AS w, sum(b.price) AS price, any_value(bidder) IS NULL AS x,
         max(list_transform(tags, lambda t: t || auction)) AS l
       FROM bids AS b GROUP BY ${minute}, b.auction HAVING sum(b.price) > 100
       QUALIFY row_number() OVER (PARTITION BY ${minute} ORDER BY sum(b.price)) <= 3`,
    ],
    [
      'only what is grouped, and unions of windows',
      `WITH a AS (SELECT tumble(interval '1 minute') AS w, bidder FROM bids GROUP BY w, bidder),
         p AS (SELECT tumble(interval '1 minute') AS w, id FROM people GROUP BY w, id)
       SELECT w, bidder AS id FROM a UNION SELECT w, id FROM p`,
      `SELECT ${minute} AS w, bidder AS id FROM bids UNION SELECT ${minute}, id FROM people`,
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

test('what can be merged is one row for each group, and only what is needed is kept', async () => {
  const script = (what: string): string =>
    `SELECT tumble(interval '1 minute') AS w, auction, ${what} FROM bids GROUP BY w, auction`;
  const kept = async (what: string): Promise<readonly string[]> => {
    const [node] = (await dataflowOf(script(what))).nodes;
    if (node?.kind !== 'window') throw new Error('It begins with something else.');
    expect(node.keys.map(({ typeText }) => typeText)).toEqual(['BIGINT']);
    return node.values.map(({ typeText, merge }) => `${merge ?? 'row'} ${typeText}`);
  };
  expect(await kept('count(*), count(*) > 3, max(tags[1])')).toEqual(['sum BIGINT', 'max VARCHAR']);
  expect(await kept('avg(amount)')).toEqual(['sum DECIMAL(38,2)', 'sum BIGINT']);
  expect(await kept('1')).toEqual(['sum BIGINT']);
  expect(await kept('median(price + 1), count(*)')).toEqual(['row BIGINT']);
  expect(await kept('count(DISTINCT bidder)')).toEqual(['row BIGINT']);
});

test('outputs that share a window wait for the sources of all of them', async () => {
  const { nodes } = await dataflowOf(`
    CREATE VIEW b AS SELECT tumble(interval '1 minute') AS w, count(*) AS n FROM bids GROUP BY w;
    CREATE VIEW p AS SELECT tumble(interval '1 minute') AS w, count(*) AS n FROM people GROUP BY w;
    CREATE VIEW unused AS SELECT tumble(interval '1 minute') AS w FROM people GROUP BY w;
    CREATE TABLE one WITH (connector = 'blackhole');
    CREATE TABLE two WITH (connector = 'blackhole');
    INSERT INTO one SELECT * FROM b;
    INSERT INTO two SELECT b.w, p.n FROM b JOIN p ON b.w = p.w`);
  const waits = nodes.flatMap((node) => (node.kind === 'window' ? [node.waitsFor] : []));
  expect(waits).toEqual([
    ['bids', 'people'],
    ['bids', 'people'],
  ]);
});

test('records of a topic have their own time, which no star shows', async () => {
  const planned = await planScript(
    `CREATE TABLE clicks (page TEXT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092',
       topic = 'clicks', type = 'source', idle_micros = -1);
     CREATE TABLE seen WITH (connector = 'blackhole');
     CREATE VIEW all_ AS SELECT * FROM clicks;
     INSERT INTO seen SELECT tumble(interval '1 s') AS w, page FROM all_ GROUP BY ALL`,
    connection,
  );
  if (planned.kind === 'errors') throw new Error(planned.errors[0]?.message);
  const { script, dataflow, outputs } = planned.plan;
  expect(dataflow?.sources).toEqual([
    {
      name: 'clicks',
      kind: 'column',
      time: expect.stringContaining('ELSE "__record_time" END'),
      watermark: 'CAST("__record_time" - INTERVAL 1 SECOND AS TIMESTAMPTZ)',
      label: {
        time: "the record's own",
        watermark: "the record's own - INTERVAL 1 SECOND",
      },
      idleMs: undefined,
    },
  ]);
  expect(script.sources[0]?.columns.map(({ name }) => name)).toEqual(['page', '__record_time']);
  expect(outputs[0]?.schema.map(({ name }) => name)).toEqual(['w', 'page']);
});

describe('what windows take no part in is refused where it stands', () => {
  const view =
    "CREATE VIEW v AS SELECT tumble(interval '1 minute') AS w, auction, count(*) AS n " +
    'FROM bids GROUP BY w, auction;\n';
  const cases: readonly [script: string, place: string, message: RegExp][] = [
    ["SELECT count(*) FROM bids GROUP BY tumble(interval '1 month')", "'1 month'", /month/],
    ["SELECT count(*) FROM bids GROUP BY tumble(interval '0 s')", "'0 s'", /above zero/],
    [
      "SELECT count(*) FROM bids GROUP BY hop(interval '7 s', interval '5 s')",
      "'5 s'",
      /5 seconds, is less than its slide, 7 seconds/,
    ],
    [
      "SELECT count(*) FROM bids GROUP BY hop(interval '1 ms', interval '1 day')",
      "'1 ms'",
      /86400000 windows/,
    ],
    [
      "SELECT count(*) FROM bids GROUP BY tumble(interval '1 s'), session(interval '1 s')",
      'session',
      /one window only/,
    ],
    ["SELECT tumble(interval '1 s') FROM bids", 'tumble', /only stand in GROUP BY/],
    [`${view}SELECT row_number() OVER (ORDER BY n) FROM v`, 'row_number', /needs the window/],
    [`${view}SELECT auction, sum(n) FROM v GROUP BY auction`, 'auction', /needs the window/],
    [`${view}SELECT * FROM v JOIN v AS o USING (auction)`, 'JOIN', /to be equal/],
    [`${view}SELECT * FROM v LIMIT 1 %`, '1', /LIMIT of a share/],
    [
      'SELECT * FROM bids WHERE bidder = (SELECT max(id) FROM people)',
      '(SELECT',
      /Subqueries in expressions/,
    ],
  ];
  test.each(cases)('%s', async (script, place, message) => {
    const planned = await planScript(sources + script, connection);
    const errors = planned.kind === 'errors' ? planned.errors : [];
    const shown = errors.map(({ message: text, position: { line, column } }) => {
      const found = (sources + script).split('\n')[line - 1]?.slice(column - 1) ?? '';
      return { text, isThere: found.startsWith(place), found };
    });
    expect(shown).toEqual([
      { text: expect.stringMatching(message), isThere: true, found: expect.anything() },
    ]);
  });
});

function inOrder(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
