import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../engine/engine.ts';
import { otherFunctionHint, otherFunctions } from '../engine/other-functions.ts';
import { Gate } from './gate.ts';

let directory: string;
let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-hints-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: directory });
  connection = await engine.connect();
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

const values = `(SELECT '{"key":1}'::JSON AS j, '2026-01-31' AS t, 7 AS n, 1.5::DOUBLE AS x,
  now() AS ts, [1, 2] AS list, '{}' AS text, {'start': now(), 'end': now()} AS "window")`;

const request = (sql: string): Parameters<Gate['pass']>[0] => ({
  ...{ sql, parameters: [], tableNames: [], nowMs: 0 },
});

test.each([...otherFunctions])('%s is not there, and %s is', async (name, instead) => {
  const gate = new Gate(connection);
  const passed = await gate.pass(request(`SELECT ${instead} FROM ${values}`));
  await connection.rows(passed.sql);
  const hint = otherFunctionHint(name);
  expect(hint).toBe(`Write ${instead} for ${name}(…).`);
  const error = { hint, position: { line: 1, column: 8 } };
  await expect(gate.pass(request(`SELECT ${name}('a')`))).rejects.toMatchObject(error);
  const run = connection.rows(`SELECT ${name}('a')`);
  const message = expect.not.stringContaining('Did you mean');
  await expect(run).rejects.toMatchObject({ code: 'invalid_sql', ...error, message });
});
