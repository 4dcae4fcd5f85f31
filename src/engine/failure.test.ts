import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { type Connection, Engine } from './engine.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});

afterAll(() => {
  connection.close();
  engine.close();
});

describe('a failure of DuckDB', () => {
  const cases: readonly [sql: string, code: string, word: string, length: number][] = [
    ["SELECT 'é', 'ü' FROM , t", 'invalid_sql', ', t', 1],
    ["SELECT '🌍🌍' WHERE )", 'invalid_sql', ')', 1],
    ["SELECT 'é🌍',\n  nope FROM range(1) t(a)", 'invalid_sql', 'nope', 4],
    ['SELECT \'é\', "größe" FROM range(1) t(a)', 'invalid_sql', '"größe"', 1],
    ["SELECT 'é', größe FROM range(1) t(a)", 'invalid_sql', 'größe', 5],
    ["SELECT 'é', upperr('x')", 'invalid_sql', 'upperr', 6],
  ];
  test.each(cases)('of %s points at its place', async (sql, code, word, length) => {
    const error = await failureOf(sql);
    const before = sql.slice(0, sql.indexOf(word));
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    expect(error.code).toBe(code);
    expect(error.position).toEqual({ line, column, length });
    expect(error.details?.['offset']).toBe(before.length);
  });

  test('of a SELECT that is described points at its place there', async () => {
    await expect(connection.describe("SELECT 'é', nope FROM range(1) t(a)")).rejects.toMatchObject({
      position: { line: 1, column: 13, length: 4 },
    });
    await expect(connection.describe("SELECT 'é', ) FROM t")).rejects.toMatchObject({
      position: { line: 1, column: 13, length: 1 },
    });
  });

  test('of a record says that the query failed', async () => {
    const error = await failureOf("SELECT CAST(a AS INTEGER) FROM (VALUES ('x')) t(a)");
    expect(error.code).toBe('query_failed');
    expect(error.message).toContain("'x'");
  });

  test.each([
    [`SELECT ${'('.repeat(20_000)}1`, 'The SQL is nested too deep.'],
    [`SELECT ${'1+'.repeat(2000)}1`, 'Max expression depth limit of 1000 exceeded.'],
  ])('gives no advice that nobody can follow: %.12s…', async (sql, message) => {
    expect((await failureOf(sql)).message).toBe(message);
  });
});

async function failureOf(sql: string): Promise<HeliosError> {
  try {
    await connection.rows(sql);
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
  throw new Error(`did not fail: ${sql}`);
}
