import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const strings = { value: 'VARCHAR' };
const bytes = { value: 'BLOB' };

describe('raw_string', () => {
  test.each([
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['  a,"b\t\n\n \n', ['  a,"b\t', ' ']],
    ['\r\n\n', []],
    ['', []],
    ['é\u0000😀\nx\ry\n', ['é\0😀', 'x\ry']],
    ['a\ufeff\n', ['a\ufeff']],
    [`${'x'.repeat(3_000_000)}\n`, ['x'.repeat(3_000_000)]],
  ])('%j', async (text, values) => {
    const decoded = await trial.decode(tableOf(strings, { format: { kind: 'raw_string' } }), text);
    expect(decoded.fast).toEqual(values.map((value) => ({ value })));
    expect(decoded.rows).toEqual(decoded.fast);
  });

  test('rejects what is not UTF-8', async () => {
    const table = tableOf(strings, { format: { kind: 'raw_string' } });
    const decoded = await trial.decode(table, Buffer.from('a\n\xff\nb', 'latin1'));
    expect(decoded.fast).toBeTypeOf('string');
    expect(decoded.rows).toEqual([{ value: 'a' }, { value: 'b' }]);
    expect(decoded.rejected).toMatchObject([{ code: 'invalid_utf8', position: '2' }]);
  });

  test('rejects what is too long', async () => {
    const table = tableOf(strings, { format: { kind: 'raw_string' }, lineBytesMax: 3 });
    const decoded = await trial.decode(table, 'abc\nabcd\n');
    expect(decoded.fast).toBeTypeOf('string');
    expect(decoded.rows).toEqual([{ value: 'abc' }]);
    expect(decoded.rejected).toMatchObject([{ code: 'too_long', position: '4' }]);
  });
});

describe('raw_bytes', () => {
  test('keeps every byte but the line ends, in step', async () => {
    const line = Buffer.from(
      Array.from({ length: 256 }, (_, byte) => byte).filter((b) => b !== 10),
    );
    const tricky = Buffer.from([0xf0, 0xa0, 0x0d, 0xd0, 0xa0]);
    const lines = [line, tricky, Buffer.from([0xa0]), Buffer.from([0x00])];
    const file = Buffer.concat(lines.flatMap((part) => [part, Buffer.from('\r\n')]));
    const batch = await trial.batch(file);
    const decoder = createDecoder(tableOf(bytes, { format: { kind: 'raw_bytes' } }));
    const context = { source: 's', nowMs: 1, scratchDirectory: trial.directory };
    const isolated = await decoder.isolate(trial.connection, batch, context);
    for (const select of [decoder.fast([batch.content.path]), isolated.sql]) {
      const rows = await trial.connection.rows(`SELECT hex(value) AS value FROM (${select})`);
      const expected = lines.map((part) => ({ value: part.toString('hex').toUpperCase() }));
      expect(rows).toEqual(expected);
    }
    expect(isolated.rejected.length).toBe(0);
    await isolated.release();
  });
});

test.each([
  ['raw_string', { value: 'BLOB' }],
  ['raw_bytes', { value: 'VARCHAR' }],
  ['raw_string', { a: 'VARCHAR', b: 'VARCHAR' }],
] as const)('%s refuses the columns %j', (kind, columns) => {
  expect(() => createDecoder(tableOf({ ...columns }, { format: { kind } }))).toThrow('exactly one');
});
