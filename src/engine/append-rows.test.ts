import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from './engine.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});

afterAll(() => {
  connection.close();
  engine.close();
});

test('rows are appended as they are, and read by column', async () => {
  const texts = ['', 'a\0b', 'Größe 🌍', 'a text that is too long to lie in its place'];
  const at = (row: number): string => texts[row % texts.length] ?? '';
  const rowCount = 20_001;
  await connection.execute('CREATE TEMP TABLE made (t VARCHAR, b BLOB, n INTEGER, l BOOLEAN)');
  await connection.append('made', rowCount, [
    { type: 'text', at },
    { type: 'bytes', at: (row) => Uint8Array.of(0, 255, row % 256) },
    { type: 'number', at: (row) => row },
    { type: 'boolean', at: (row) => row % 3 === 0 },
  ]);
  const [text, hex, number, isThird] = await connection.columns(
    'SELECT t, hex(b), n, l FROM made ORDER BY rowid',
  );
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  expect(text).toEqual(rows.map(at));
  const hexOf = (row: number): string => (row % 256).toString(16).padStart(2, '0').toUpperCase();
  expect(hex).toEqual(rows.map((row) => `00FF${hexOf(row)}`));
  expect(number).toEqual(rows);
  expect(isThird).toEqual(rows.map((row) => row % 3 === 0));
});

test('what can’t be appended says so', async () => {
  await expect(connection.append('no_such', 1, [])).rejects.toThrow('no_such');
});
