import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { aggregates } from './aggregates.ts';

test('these are the aggregates of this DuckDB', async () => {
  const options = { threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() };
  const engine = await Engine.open(options);
  try {
    await using connection = await engine.connect();
    const rows = await connection.rows(
      `SELECT DISTINCT lower(function_name) AS name FROM duckdb_functions()
        WHERE function_type = 'aggregate' ORDER BY 1`,
    );
    expect([...aggregates]).toEqual(rows.map(({ name }) => name));
  } finally {
    engine.close();
  }
});
