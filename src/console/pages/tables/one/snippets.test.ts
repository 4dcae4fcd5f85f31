import { expect, test } from 'vitest';
import { snippetsOf } from './snippets.ts';

test('a Delta table is read by other engines', () => {
  const snippets = snippetsOf({ name: 'T', path: '/data/t', isDelta: true });
  expect(snippets.map(({ engine }) => engine)).toEqual(['DuckDB', 'Python (deltalake)', 'Spark']);
  expect(snippets[0]?.text).toBe(
    "INSTALL delta;\nLOAD delta;\nSELECT count(*) FROM delta_scan('/data/t');",
  );
});

test('in a bucket credentials come from the environment, and Spark has its own scheme', () => {
  const [duckdb, , spark, trino] = snippetsOf({ name: 'T', path: 's3://b/t', isDelta: true });
  expect(duckdb?.text).toContain('PROVIDER credential_chain');
  expect(spark?.text).toContain('delta.`s3a://b/t`');
  expect(trino?.text).toContain("table_location => 's3://b/t'");
  expect(trino?.text).toContain('FROM delta.default."t"');
});

test('raw files are read as Parquet', () => {
  const [duckdb] = snippetsOf({ name: 't', path: '/data/t', isDelta: false });
  expect(duckdb?.text).toBe("SELECT count(*) FROM read_parquet('/data/t/**/*.parquet');");
});

test('quotes in a path stay in it', () => {
  const [duckdb, python, spark] = snippetsOf({ name: 't', path: `/d'"\`t`, isDelta: true });
  expect(duckdb?.text).toContain(`'/d''"\`t'`);
  expect(python?.text).toContain(`"/d'\\"\`t"`);
  expect(spark?.text).toContain(`\`/d'"\`\`t\``);
});
