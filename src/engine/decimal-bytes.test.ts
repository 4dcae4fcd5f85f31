import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decimalBytesSql } from './decimal-bytes.ts';
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

const nines = '9'.repeat(38);

test.each([
  ['0', 2, '00'],
  ['1.27', 2, '7f'],
  ['1.28', 2, '0080'],
  ['-1.28', 2, '80'],
  ['-1.29', 2, 'ff7f'],
  ['-0.05', 2, 'fb'],
  ['0.05', 2, '05'],
  ['-0.01', 2, 'ff'],
  ['327.68', 2, '008000'],
  [nines, 0, '4b3b4ca85a86c47a098a223fffffffff'],
  [`-0.${nines}`, 38, 'b4c4b357a5793b85f675ddc000000001'],
])('%s of scale %i has the bytes that Java gives it', async (value, scale, hex) => {
  const sql = decimalBytesSql(`'${value}'::DECIMAL(38, ${scale})`);
  expect(await connection.rows(`SELECT ${sql} AS bytes`)).toEqual([
    { bytes: Buffer.from(hex, 'hex').toString('base64') },
  ]);
});

test('NULL has none', async () => {
  const sql = decimalBytesSql('NULL::DECIMAL(9, 2)');
  expect(await connection.rows(`SELECT ${sql} AS bytes`)).toEqual([{ bytes: null }]);
});
