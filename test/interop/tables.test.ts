import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Column, Schema } from '../../src/event/schema.ts';
import { deltaPython, DeltaPeers, deltaReaders } from '../peers/delta-peers.ts';
import { Spark, sparkParts } from '../peers/spark.ts';
import { Trino, type TrinoAnswer, trinoParts } from '../peers/trino.ts';
import { type Plain, toMilliseconds, trinoValue, withoutNullNests } from './plain-value.ts';
import { askBoth, sparkTables } from './spark-tables.ts';
import { type Rows, type TableName, WrittenTables } from './written-tables.ts';

const [python, spark, trino] = [await deltaPython(), await sparkParts(), await trinoParts()];

/** Conditions that every engine understands in the same way, and by which files can be skipped. */
const filters: Readonly<Record<TableName, readonly string[]>> = {
  wide: [
    'id = 9007199254740993',
    'id > 50 AND id < 1000',
    `place = 'a b/c%d:é=1'`,
    `place = '日本'`,
    `place = '..'`,
    'place IS NULL',
    `place <> 'eu'`,
    `day = DATE '2024-02-29'`,
    `day >= DATE '9999-12-31'`,
    `day < DATE '1970-01-01'`,
    'day IS NULL',
    `ts >= CAST('2024-01-01 01:02:03.456' AS TIMESTAMP)`,
    `ts > CAST('2024-01-01 01:02:03.457' AS TIMESTAMP)`,
    `ts < CAST('2000-01-01 00:00:00' AS TIMESTAMP)`,
    `u64 = CAST('18446744073709551615' AS DECIMAL(20, 0))`,
    `large > CAST('1234567890123456789012345678' AS DECIMAL(38, 10))`,
    'middle < -99999999999999',
    `small = CAST('-1234567.89' AS DECIMAL(9, 2))`,
    'f64 > 1e299',
    'f64 = 0.0',
    'odd < 5',
    'i8 IS NULL',
    'extra IS NOT NULL',
    `txt > '${'x'.repeat(41)}'`,
    `txt = ''`,
    'yes',
    'NOT yes',
  ],
  timed: [
    'yes',
    'NOT yes',
    `ts >= CAST('2024-01-01 01:02:03.456' AS TIMESTAMP)`,
    `ts < CAST('2024-01-01 01:00:00' AS TIMESTAMP)`,
    `ts > CAST('2100-01-01 00:00:00' AS TIMESTAMP)`,
  ],
};

/** Rows of a SELECT from `t`, in the form in which they are compared. */
type Ask = (sql: string) => Promise<Rows>;
type Expected = (type: Column['type'], value: Plain) => Plain;

describe("tables of Helios's pipelines among other engines", () => {
  let tables: WrittenTables;
  beforeAll(async () => {
    tables = await WrittenTables.write();
  });
  afterAll(async () => {
    await tables[Symbol.asyncDispose]();
  });

  test('Helios has each row that was sent once, and the beginning of the log is gone', async () => {
    await checkIds('wide', async (sql) => await helios('wide', sql));
    expect((await tables.versions('wide', 'json'))[0]).toBeGreaterThan(0);
    expect((await tables.versions('wide', 'checkpoint.parquet')).length).toBeGreaterThan(0);
  });

  describe.skipIf(python === undefined)('engines in a Python process', () => {
    let peers: DeltaPeers;
    beforeAll(() => {
      peers = new DeltaPeers(python!);
    });
    afterAll(async () => {
      await peers[Symbol.asyncDispose]();
    });

    test.for(deltaReaders)('%s reads what Helios reads', async (reader) => {
      const expected: Expected = (type, value) =>
        reader === 'clickhouse' ? withoutNullNests(type, value) : value;
      for (const table of ['wide', 'timed'] as const) {
        const ask: Ask = async (sql) =>
          (await peers.query(reader, tables.path(table), sql)) as Rows;
        await checkEverything(table, ask, expected);
      }
    });
  });

  describe.skipIf(trino === undefined)('Trino', () => {
    let server: Trino;
    beforeAll(async () => {
      const work = join(tables.folder, 'trino');
      server = await Trino.start(trino!, { tablesFolder: join(tables.folder, 'tables') }, work);
      for (const table of ['wide', 'timed']) await server.register(table);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
    });

    test('reads what Helios reads', async () => {
      for (const table of ['wide', 'timed'] as const) {
        const { schema } = await tables.query(`SELECT * FROM ${table} LIMIT 0`);
        const ask: Ask = async (sql) =>
          named(schema, await server.query(sql.replaceAll('FROM t ', `FROM ${table} `)));
        await checkEverything(table, ask, toMilliseconds);
      }
    });

    test('has the types that were declared', async () => {
      const { rows } = await server.query('DESCRIBE wide');
      expect(Object.fromEntries(rows.map(([name, type]) => [name, type]))).toMatchObject({
        id: 'bigint',
        i8: 'tinyint',
        u16: 'integer',
        u64: 'decimal(20,0)',
        large: 'decimal(38,10)',
        bin: 'varbinary',
        day: 'date',
        ts: 'timestamp(3) with time zone',
        deep: 'array(row(tags array(varchar), seen timestamp(3) with time zone))',
        ma: 'map(varchar, bigint)',
      });
    });
  });

  describe.skipIf(spark === undefined)('Spark', () => {
    let session: Spark;
    beforeAll(() => {
      session = new Spark(spark!, join(tables.folder, 'spark'));
    });
    afterAll(async () => {
      await session[Symbol.asyncDispose]();
    });
    const ask =
      (table: TableName): Ask =>
      async (sql) =>
        (await session.query(tables.path(table), sql)) as Rows;

    test('reads what Helios reads', async () => {
      for (const table of ['wide', 'timed'] as const) {
        await checkEverything(table, ask(table), (_type, value) => value);
      }
    });

    test('has the types that were declared', async () => {
      expect(await session.types(tables.path('wide'))).toMatchObject({
        id: 'bigint',
        i8: 'tinyint',
        u16: 'int',
        u64: 'decimal(20,0)',
        large: 'decimal(38,10)',
        bin: 'binary',
        day: 'date',
        ts: 'timestamp',
        deep: 'array<struct<tags:array<string>,seen:timestamp>>',
        ma: 'map<string,bigint>',
      });
    });

    test.for(sparkTables)('makes $name, and Helios reads what Spark reads', async (table) => {
      const made = join(tables.folder, 'made');
      const engines = { spark: session, helios: tables.helios, folder: made };
      for (const answer of await askBoth(table, engines)) {
        expect(answer.helios.length, answer.question).toBeGreaterThan(0);
        expect(answer.helios, answer.question).toEqual(answer.spark);
      }
    });

    test('appends, optimizes and deletes between two rolls, and Helios goes on exactly once', async () => {
      const path = tables.path('wide');
      await tables.send(tables.fillers(3));
      await session.execute(
        path,
        `INSERT INTO TABLE (id, place, day, txt) VALUES (-1, 'eu', DATE '2024-03-01', 'spark'),
          (-2, 'spark', NULL, NULL)`,
      );
      tables.ids.push('-1');
      await tables.send(tables.fillers(3));
      await session.execute(path, 'OPTIMIZE TABLE');
      await tables.send(tables.fillers(3));
      await session.execute(path, 'DELETE FROM TABLE WHERE id = -2');
      await tables.send(tables.fillers(3));
      await checkEverything('wide', ask('wide'), (_type, value) => value);
    });
  });

  async function helios(table: TableName, sql: string): Promise<Rows> {
    return (await tables.query(sql.replaceAll('FROM t ', `FROM ${table} `))).rows;
  }

  async function checkEverything(table: TableName, ask: Ask, expected: Expected): Promise<void> {
    if (table === 'wide') await checkIds(table, ask);
    await checkRows(table, ask, expected);
    await checkFilters(table, ask);
  }

  async function checkIds(table: TableName, ask: Ask): Promise<void> {
    const rows = await ask('SELECT id FROM t WHERE TRUE');
    expect(rows.map((row) => String(row['id'])).toSorted(), table).toEqual(tables.ids.toSorted());
  }

  async function checkRows(table: TableName, ask: Ask, expected: Expected): Promise<void> {
    const sql = 'SELECT * FROM t WHERE id < 1000 OR id > 1000000 ORDER BY id';
    const ours = await tables.query(sql.replace('FROM t ', `FROM ${table} `));
    const rows = ours.rows.map((row) =>
      Object.fromEntries(
        ours.schema.map(({ name, type }) => [name, expected(type, row[name] ?? null)]),
      ),
    );
    expect(rows.length).toBeGreaterThan(10);
    expect(await ask(sql), table).toEqual(rows);
  }

  async function checkFilters(table: TableName, ask: Ask): Promise<void> {
    const counts = filters[table].map(
      (condition, index) =>
        `SELECT ${index} AS i, count(*) AS n, sum(id) AS s FROM t WHERE ${condition}`,
    );
    const sql = `SELECT * FROM (${counts.join(' UNION ALL ')}) AS u ORDER BY i`;
    const readable = (rows: Rows): readonly string[] =>
      rows.map((row) =>
        [filters[table][Number(row['i'])], row['n'], row['s']].map(String).join(' → '),
      );
    expect(readable(await ask(sql)), table).toEqual(readable(await helios(table, sql)));
  }
});

/** Trino's rows by name; columns that the table lacks are what a query counted. */
function named(schema: Schema, { columns, rows }: TrinoAnswer): Rows {
  const types = new Map(schema.map(({ name, type }) => [name, type]));
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name }, index) => {
        const type = types.get(name);
        return [name, type === undefined ? (row[index] as Plain) : trinoValue(type, row[index])];
      }),
    ),
  );
}
