import { afterAll, beforeAll, expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { HeliosError } from '../../base/errors.ts';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const deep = {
  s: 'STRUCT(a BIGINT, b VARCHAR, c STRUCT(d TIMESTAMP, e STRUCT(f VARCHAR)))',
};

test('members of structs are read as columns are, by the reader itself', () => {
  const sql = createDecoder(tableOf(deep)).fast(['x']);
  expect(sql).toContain('STRUCT("a" VARCHAR, "b" VARCHAR');
  expect(sql).not.toContain('json_');
});

test.each([
  // A whole row of each kind of gap.
  ['{"s":{"a":1,"b":"x","c":{"d":null,"e":{}}}}', { d: null, e: { f: null } }],
  ['{"s":{"a":1,"b":"x","c":{"e":null}}}', { d: null, e: null }],
  ['{"s":{"a":1,"b":"x","c":null}}', null],
  ['{"s":{"a":1,"b":"x"}}', null],
])('%s keeps what is none apart from what is empty', async (line, c) => {
  const decoded = await trial.decode(tableOf(deep), line);
  expect(decoded.rows).toEqual([{ s: { a: '1', b: 'x', c } }]);
  expect(decoded.fast).toEqual(decoded.rows);
});

test.each(['{"s":5}', '{"s":{"c":"{}"}}', '{"s":{"c":{"e":[]}}}', '{"s":{"c":{"d":5}}}'])(
  '%s is rejected, and no other record with it',
  async (line) => {
    const decoded = await trial.decode(tableOf(deep), `{"s":{"a":1}}\n${line}\n{"s":null}`);
    expect(decoded.fast).toBeTypeOf('string');
    expect(decoded.rejected).toMatchObject([{ code: 'type_mismatch', position: '14' }]);
    expect(decoded.rows).toEqual([{ s: { a: '1', b: null, c: null } }, { s: null }]);
  },
);

test('what the reader can not tell is read dearer from then on', async () => {
  const decoder = createDecoder(tableOf(deep));
  const lines = ['{"s":{"b":"x","c":{"e":{"f":"12"}}}}', '{"s":{"a":1,"a":2}}'];
  for (const line of lines) {
    const batch = await trial.batch(line);
    const failure = await trial.fast(decoder, batch);
    expect(decoder.adapt?.(new HeliosError('query_failed', String(failure)))).toBe(true);
    await batch.release();
  }
  const decoded = await trial.decode(decoder, lines.join('\n'));
  expect(decoded.fast).toEqual([
    { s: { a: null, b: 'x', c: { d: null, e: { f: '12' } } } },
    { s: { a: '1', b: null, c: null } },
  ]);
  expect(decoded.rows).toEqual(decoded.fast);
});

const value = fc.constantFrom(
  ...['1', '"7"', '-0', '1.5', '1e-5', '12345678901234567.8901', '99999999999999999999'],
  ...['"x"', '"12"', '"true"', '"[a"', 'true', 'null', '"2024-01-01T00:00:00Z"', '"aGk="'],
  ...['[1]', '[{"p":1,"q":"z"}]', '{"k":3}', '{}'],
);

function objectOf(names: readonly string[], of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(fc.constantFrom(...names), of), { maxLength: 4 })
    .map((members) => `{${members.map(([name, text]) => `"${name}":${text}`).join(',')}}`);
}

const inner = fc.oneof(objectOf(['d', 'e', 'f', 'D'], value), value);
const outer = objectOf(['a', 'b', 'c', 'z'], fc.oneof(value, inner));

test('the fast path takes a record with structs where the slow path does, and as it does', async () => {
  for (const type of [
    'STRUCT(a BIGINT, b VARCHAR, c STRUCT(d TIMESTAMP, e BOOLEAN, f BIGINT[]))',
    'STRUCT(a DECIMAL(20,4), b JSON, c STRUCT(d DOUBLE, e STRUCT(p BIGINT, q VARCHAR)[], f BLOB))',
  ]) {
    const decoder = createDecoder(tableOf({ s: type }));
    await fc.assert(
      fc.asyncProperty(outer, async (s) => {
        const line = `{"s":${s}}`;
        const { rows, rejected } = await trial.decode(decoder, line);
        const batch = await trial.batch(line);
        const fast = await trial.adapted(decoder, batch);
        if (rejected.length > 0) expect(fast).toBeTypeOf('string');
        else if (typeof fast !== 'string') expect(fast).toEqual(rows);
        await batch.release();
      }),
      { numRuns: 30 },
    );
  }
});
