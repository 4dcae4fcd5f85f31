import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spark } from '../peers/spark.ts';
import type { HeliosProcess } from '../process/helios-process.ts';

/** A table as Spark makes it, and what both engines are asked about it. */
type SparkTable = {
  readonly name: string;
  /** `TABLE` is the table, `PATH` its folder. */
  readonly statements: readonly string[];
  /** `t` is the table. */
  readonly questions: readonly string[];
  /** A folder of Parquet, not of Delta. */
  readonly isPlain?: boolean;
  /** Spark has made a file whose path matches. */
  readonly hasFile?: RegExp;
};

const properties = (list: Readonly<Record<string, string>>): string =>
  `TBLPROPERTIES (${Object.entries(list)
    .map(([name, value]) => `'delta.${name}' = '${value}'`)
    .join(', ')})`;

/** Partition values of every type with what is hard about them. */
const partitioned = `SELECT id, CAST(id * 1.5 AS DECIMAL(10,2)) AS price,
    CASE WHEN id % 4 = 0 THEN NULL ELSE concat('a/b=', id % 4, ' %é') END AS place,
    DATE_ADD(DATE '2024-02-28', CAST(id % 3 AS INT)) AS day, CAST(id % 2 AS INT) AS half
  FROM range(40)`;

const byPartition = [
  `SELECT place, CAST(day AS STRING) AS d, half, count(*) AS n, sum(id) AS s, sum(price) AS p
     FROM t GROUP BY place, day, half ORDER BY place NULLS FIRST, d, half`,
  `SELECT id FROM t WHERE day = DATE '2024-02-29' AND half = 1
     AND (place IS NULL OR place = 'a/b=1 %é') ORDER BY id`,
];

export const sparkTables: readonly SparkTable[] = [
  {
    name: 'changed',
    statements: [
      `CREATE table TABLE (id BIGINT, old DECIMAL(10,2), place STRING, day DATE, half INT)
         USING delta PARTITIONED BY (place, day, half)
         ${properties({ 'columnMapping.mode': 'name', enableDeletionVectors: 'true' })}`,
      `INSERT INTO TABLE ${partitioned}`,
      'DELETE FROM TABLE WHERE id IN (3, 17, 30)',
      'ALTER table TABLE RENAME COLUMN old TO price',
      `INSERT INTO TABLE VALUES (100, 7.25, 'new', DATE '2024-02-29', 1)`,
    ],
    questions: byPartition,
  },
  {
    name: 'checkpointed',
    statements: [
      'SET spark.databricks.delta.checkpoint.partSize = 3',
      `CREATE table TABLE (id BIGINT, p INT) USING delta PARTITIONED BY (p)
         ${properties({ checkpointInterval: '2' })}`,
      ...[0, 1, 2].map(
        (from) => `INSERT INTO TABLE SELECT id + ${from * 10}, CAST(id % 5 AS INT) FROM range(10)`,
      ),
    ],
    questions: ['SELECT p, count(*) AS n, sum(id) AS s FROM t GROUP BY p ORDER BY p'],
    hasFile: /\.checkpoint\.0000000002\.\d{10}\.parquet$/,
  },
  {
    name: 'folders',
    isPlain: true,
    statements: [
      `CREATE table folders USING parquet PARTITIONED BY (place, day, half) LOCATION 'PATH'
         AS SELECT id, price, place, day, half FROM (${partitioned})`,
    ],
    questions: byPartition,
    hasFile: /half=1\/[^/]*\.parquet$/,
  },
];

/** Has Spark make a table, and gives the answers of both engines to each question. */
export async function askBoth(
  { name, statements, questions, isPlain, hasFile }: SparkTable,
  { spark, helios, folder }: { readonly spark: Spark; helios: HeliosProcess; folder: string },
): Promise<readonly { readonly question: string; spark: string[]; helios: string[] }[]> {
  const path = join(folder, name);
  for (const statement of statements) await spark.execute(path, statement.replace('PATH', path));
  const files = await readdir(path, { recursive: true });
  if (hasFile !== undefined && !files.some((file) => hasFile.test(file))) {
    throw new Error(`Spark made no ${String(hasFile)}: ${files.join(', ')}`);
  }
  await helios.call('POST', '/api/v1/tables', { name, path });
  const answers = [];
  for (const question of questions) {
    const quoted = question.replaceAll('"', '`');
    const theirs =
      isPlain === true ? await spark.queryParquet(path, quoted) : await spark.query(path, quoted);
    const ours = await helios.query(question.replaceAll('FROM t', `FROM ${name}`));
    answers.push({
      question,
      spark: theirs.map((row) => rowText(Object.values(row as object))),
      helios: ours.rows.map(rowText),
    });
  }
  return answers;
}

function rowText(values: readonly unknown[]): string {
  return values.map(String).join(' | ');
}
