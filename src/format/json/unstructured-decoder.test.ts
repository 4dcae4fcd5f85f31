import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordFormat } from '../../sql/script.ts';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial, typedJson } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const format: RecordFormat = { ...typedJson, isUnstructured: true };

const lines = [
  '{"a": 1.10, "b":0.1000000000000000055}',
  '[1, 2]',
  '5',
  'null',
  '"x"',
  String.raw`{"é":"\u00e9"}`,
  '12345678901234567.89',
];

test.each(['VARCHAR', 'JSON'])('keeps the text of any JSON value, as %s', async (type) => {
  const decoded = await trial.decode(tableOf({ value: type }, { format }), lines.join('\r\n'));
  expect(decoded.rows).toEqual(lines.map((value) => ({ value })));
  expect(decoded.fast).toEqual(decoded.rows);
  expect(decoded.rejected).toEqual([]);
});

test.each(['VARCHAR', 'JSON'])('rejects what is no JSON, as %s', async (type) => {
  const text = '{"a":1}\nnope\n{"a":\n\n{"b":2}';
  const decoded = await trial.decode(tableOf({ value: type }, { format }), text);
  expect(decoded.fast).toBeTypeOf('string');
  expect(decoded.rows).toEqual([{ value: '{"a":1}' }, { value: '{"b":2}' }]);
  expect(decoded.rejected.map(({ code }) => code)).toEqual(['malformed_json', 'malformed_json']);
});

test('a JSON column takes no bare NaN, and nothing too deep', async () => {
  const deep = `${'[{"a":'.repeat(300)}1${'}]'.repeat(300)}`;
  const text = `[NaN]\n"[NaN"\n${deep}\n{"a":"NaN, 1.5"}`;
  const decoded = await trial.decode(tableOf({ value: 'JSON' }, { format }), text);
  expect(decoded.rejected.map(({ code }) => code)).toEqual(['malformed_json', 'too_deep']);
  expect(decoded.rows).toEqual([{ value: '"[NaN"' }, { value: '{"a":"NaN, 1.5"}' }]);
});

test.each([{ a: 'VARCHAR', b: 'VARCHAR' }, { a: 'BIGINT' }])(
  'refuses the columns %j',
  (columns) => {
    expect(() => createDecoder(tableOf(columns, { format }))).toThrow('exactly one field column');
  },
);
