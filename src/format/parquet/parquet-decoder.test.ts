import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quoteText } from '../../engine/types.ts';
import { position, type Batch } from '../../event/record.ts';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const format = { kind: 'parquet' } as const;

async function fileOf(select: string): Promise<Batch> {
  const path = join(trial.directory, 'k=1.parquet');
  await trial.connection.execute(`COPY (${select}) TO ${quoteText(path)}`);
  return {
    partition: 'k=1.parquet',
    from: undefined,
    to: position('done'),
    content: { kind: 'parquet', path },
    arrivedAtMs: 1,
    positionAt: () => position('done'),
    release: async () => {},
  };
}

const context = (): { source: string; nowMs: number; scratchDirectory: string } => ({
  source: 's',
  nowMs: 1,
  scratchDirectory: trial.directory,
});

describe('a Parquet column', () => {
  test.each([
    ['5::TINYINT', 'BIGINT', '5'],
    ['5::UINTEGER', 'BIGINT', '5'],
    ['5::UBIGINT', 'UBIGINT', '5'],
    ['5::INTEGER', 'DOUBLE', 5],
    ['1.5::FLOAT', 'DOUBLE', 1.5],
    ['1.5::DECIMAL(4,1)', 'DECIMAL(10,2)', '1.50'],
    ['5::INTEGER', 'DECIMAL(38,2)', '5.00'],
    ["'x'", 'VARCHAR', 'x'],
    ["'[1]'", 'JSON', '[1]'],
    ["TIMESTAMP '2024-01-01'", 'TIMESTAMP', '2024-01-01 00:00:00+00'],
    ["TIMESTAMPTZ '2024-01-01 00:00:00+01'", 'TIMESTAMP', '2023-12-31 23:00:00+00'],
    ['[1::BIGINT]', 'BIGINT[]', ['1']],
    ["{'a': 1}", 'STRUCT(a INTEGER)', { a: 1 }],
    ['NULL::BIGINT', 'BIGINT', null],
  ])('%s fits %s', async (value, type, expected) => {
    const batch = await fileOf(`SELECT ${value} AS V, 1 AS other`);
    const decoder = createDecoder(tableOf({ v: type }, { format }));
    const isolated = await decoder.isolate(trial.connection, batch, context());
    expect(await trial.connection.rows(decoder.fast([batch.content.path]))).toEqual([
      { v: expected },
    ]);
    expect(await trial.connection.rows(isolated.sql)).toEqual([{ v: expected, __row: '0' }]);
  });

  test.each([
    ['5::BIGINT', 'INTEGER', 'BIGINT'],
    ['5::UBIGINT', 'BIGINT', 'UBIGINT'],
    ['5::BIGINT', 'DOUBLE', 'BIGINT'],
    ['1.5::DOUBLE', 'DECIMAL(10,2)', 'DOUBLE'],
    ['1.555::DECIMAL(10,3)', 'DECIMAL(10,2)', 'DECIMAL(10,3)'],
    ['1', 'VARCHAR', 'INTEGER'],
    ["'1'", 'BIGINT', 'VARCHAR'],
  ])('%s does not fit %s', async (value, type, has) => {
    const batch = await fileOf(`SELECT ${value} AS v`);
    const decoder = createDecoder(tableOf({ v: type }, { format }));
    await expect(trial.connection.rows(decoder.fast([batch.content.path]))).rejects.toThrow('v of');
    await expect(decoder.isolate(trial.connection, batch, context())).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(`but k=1.parquet has ${has}.`),
    });
  });
});

test('rejects rows without a value that must be there', async () => {
  const batch = await fileOf("SELECT unnest([1, NULL, 3]) AS v, unnest(['{}', '{}', '{']) AS j");
  const decoder = createDecoder(tableOf({ v: 'INTEGER NOT NULL', j: 'JSON' }, { format }));
  await expect(trial.connection.rows(decoder.fast([batch.content.path]))).rejects.toThrow(
    'helios:bad_record',
  );
  const isolated = await decoder.isolate(trial.connection, batch, context());
  expect(isolated.recordCount).toBe(3);
  expect([...isolated.rejected].map(({ code, message }) => [code, message])).toEqual([
    ['missing_field', 'Column "v" is NOT NULL, and the row has no value (row 1 of the file).'],
    ['type_mismatch', 'Column "j" holds no JSON (row 2 of the file).'],
  ]);
  expect(await trial.connection.rows(isolated.sql)).toEqual([{ v: 1, j: '{}', __row: '0' }]);
});
