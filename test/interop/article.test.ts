import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArticleLake, countAndSum, numbersOf } from '../lake/article-lake.ts';
import { deltaPython, DeltaPeers } from '../peers/delta-peers.ts';
import { kafkaParts } from '../peers/kafka.ts';
import { Spark, sparkParts } from '../peers/spark.ts';
import { Trino, trinoParts } from '../peers/trino.ts';

const kafka = await kafkaParts();
const python = await deltaPython();
const [spark, trino] = [await sparkParts('disk and S3'), await trinoParts()];

describe.skipIf(kafka === undefined || python === undefined)(
  'the LOAD article’s table on S3',
  () => {
    let lake: ArticleLake;
    let folder: string;
    let version: number;
    let expected: readonly Readonly<Record<string, number>>[];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'helios-article-peers-'));
      for (const name of ['spark', 'trino', 'tables']) await mkdir(join(folder, name));
      lake = await ArticleLake.start(kafka!);
      await lake.createPipeline();
      await lake.send(3000);
      version = await lake.roll();
      expected = await lake.ask(countAndSum);
    });

    afterAll(async () => {
      await lake[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    test.for(['delta-rs', 'clickhouse'] as const)('%s counts and sums the same', async (reader) => {
      await using peers = new DeltaPeers(python!, lake.environment);
      if (reader === 'delta-rs') {
        expect((await peers.facts(lake.tableUrl, '')).version).toBe(version);
      }
      expect(numbersOf(await peers.query(reader, lake.tableUrl, countAndSum))).toEqual(expected);
    });

    test.skipIf(spark === undefined)('Spark counts and sums the same', async () => {
      await using session = new Spark(spark!, join(folder, 'spark'), lake.environment);
      const path = lake.tableUrl.replace('s3://', 's3a://');
      expect(numbersOf(await session.query(path, countAndSum))).toEqual(expected);
    });

    test.skipIf(trino === undefined)('Trino counts and sums the same', async () => {
      const store = {
        endpoint: lake.endpoint,
        region: 'us-east-1',
        accessKey: 'key',
        secretKey: 'secret',
      };
      const places = { tablesFolder: join(folder, 'tables'), store };
      await using server = await Trino.start(trino!, places, join(folder, 'trino'));
      await server.register('created', lake.tableUrl);
      const { columns, rows } = await server.query(countAndSum.replace('FROM t ', 'FROM created '));
      const named = rows.map((row) =>
        Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])),
      );
      expect(numbersOf(named)).toEqual(expected);
    });
  },
);
