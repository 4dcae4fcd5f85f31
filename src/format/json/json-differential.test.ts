import { fc } from '../../../test/properties.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Row } from '../../engine/engine.ts';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

/** Number tokens of every length, with and without fraction and exponent. */
const numberToken = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,24}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,24}$/)),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.integer({ min: -25, max: 25 }).map((n) => `e${n}`) },
    ),
  )
  .map((parts) => parts.join(''));

const value = fc.oneof(
  numberToken,
  numberToken,
  numberToken.map((token) => `"${token}"`),
  fc.string({ maxLength: 8, unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', 'false', '[]', '{}', '[1.5]', '"true"', 'nope', '"'),
  fc.json({ maxDepth: 3 }),
);

const spacing = fc.constantFrom('', ' ');

/** A line, and the JSON text of each of its fields where it is an object. */
type Sample = { readonly line: string; readonly fields: readonly string[] | undefined };

const record: fc.Arbitrary<Sample> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(value, value, value, value, value, spacing).map(([i, d, f, t, j, s]) => ({
      line: `{"i":${s}${i},"d":${d},"f":${f},${s}"t":${t},"j":${s}${j}}`,
      fields: [i, d, f, t, j],
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', ' ', 'null', '[1]', '{"i":', '{"i":1}{"i":2}')
      .map((line) => ({ line, fields: undefined })),
  },
);

const columns = { i: 'BIGINT', d: 'DECIMAL(30,8)', f: 'DOUBLE', t: 'VARCHAR', j: 'JSON' };

const asText = 'i::VARCHAR AS i, d::VARCHAR AS d, f::VARCHAR AS f, t, j::VARCHAR AS j';

test('each record becomes exactly the row that it says, or is rejected', async () => {
  const decoder = createDecoder(tableOf(columns));
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), async (samples) => {
      const batch = await trial.batch(samples.map(({ line }) => line).join('\n'));
      const context = { source: 's', nowMs: 1, scratchDirectory: trial.directory };
      const isolated = await decoder.isolate(trial.connection, batch, context);
      const rows = await trial.connection.rows(
        `SELECT ${asText} FROM (${isolated.sql}) ORDER BY __row`,
      );
      const expected = samples.filter(({ line }) => line.trim() !== '').map(oracle);
      expect(rows.map(comparable)).toEqual(expected.filter((row) => row !== 'rejected'));
      expect(rows.length + isolated.rejected.length).toBe(expected.length);
      for (const reader of [decoder, createDecoder(tableOf(columns))]) {
        // By columns where no number has a fraction, else by lines.
        const fast = await trial.adapted(reader, batch);
        if (typeof fast === 'string') continue;
        expect(isolated.rejected.length).toBe(0);
        const select = reader.fast([batch.content.path]);
        expect(await trial.connection.rows(`SELECT ${asText} FROM (${select})`)).toEqual(rows);
      }
      await isolated.release();
      await batch.release();
    }),
    { numRuns: 40 },
  );
});

test('without exact numbers, the fast path takes all that the slow path takes', async () => {
  const decoder = createDecoder(tableOf({ i: 'BIGINT', f: 'DOUBLE', t: 'VARCHAR' }));
  await trial.decode(decoder, '{"t":"1"}\n{}');
  await fc.assert(
    fc.asyncProperty(record, async ({ line }) => {
      const batch = await trial.batch(line);
      const fast = await trial.adapted(decoder, batch);
      await batch.release();
      const { rows, rejected } = await trial.decode(decoder, line);
      if (rejected.length > 0) expect(fast).toBeTypeOf('string');
      else expect(fast).toEqual(rows);
    }),
    { numRuns: 100 },
  );
});

test('one record read as a new table is the row that the slow path makes of it', async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (d, j) => {
      const table = tableOf({ d: 'DECIMAL(30,8)', j: 'JSON', n: 'JSON' });
      const line = `{"d":${d},"j":${j},"n":{"x":[${j}, ${d}]}}`;
      const { rows, rejected } = await trial.decode(table, line);
      const batch = await trial.batch(line);
      const fast = await trial.adapted(createDecoder(table), batch);
      if (typeof fast !== 'string') expect([fast, []]).toEqual([rows, rejected]);
      await batch.release();
    }),
    { numRuns: 60 },
  );
});

type Outcome = readonly (string | number | null)[] | 'rejected';

/** A row of the decoder in the oracle's terms: doubles as numbers, JSON in one spelling. */
function comparable(row: Row): Outcome {
  const text = (name: string): string | null => (row[name] === null ? null : String(row[name]));
  const [i, d, f, t, j] = [text('i'), text('d'), text('f'), text('t'), text('j')];
  return [i, d, f === null ? null : Number(f) + 0, t, j === null ? null : oneSpelling(j)];
}

/** What a record should become: JSON.parse says what is JSON, BigInt what a number is. */
function oracle({ fields }: Sample): Outcome {
  if (fields === undefined || !fields.every(isJson)) return 'rejected';
  const [i = '', d = '', f = '', t = '', j = ''] = fields;
  const row = [
    integerOf(i),
    decimalOf(d),
    doubleOf(f),
    textOf(t),
    j === 'null' ? null : oneSpelling(j),
  ];
  return row.every((cell) => cell !== undefined) ? row : 'rejected';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The content of a string, or the token of something else. */
function saidBy(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}

function integerOf(token: string): string | null | undefined {
  if (token === 'null') return null;
  const said = saidBy(token);
  if (!/^-?[0-9]+$/.test(said)) return undefined;
  const number = BigInt(said);
  return BigInt.asIntN(64, number) === number ? String(number) : undefined;
}

/** DECIMAL(30,8): a whole number of 1e-8, below 1e30 of them. */
function decimalOf(token: string): string | null | undefined {
  if (token === 'null') return null;
  const isString = token.startsWith('"');
  const pattern = isString ? /^-?[0-9]+(\.[0-9]+)?$/ : /^-?[0-9]/;
  if (!pattern.test(saidBy(token))) return undefined;
  const { digits, exponent } = exactly(saidBy(token));
  if (digits === 0n) return '0.00000000';
  if (exponent < -8 || exponent > 40) return undefined;
  const units = digits * 10n ** BigInt(exponent + 8);
  const size = units < 0n ? -units : units;
  if (size >= 10n ** 30n) return undefined;
  const padded = String(size).padStart(9, '0');
  return `${units < 0n ? '-' : ''}${padded.slice(0, -8)}.${padded.slice(-8)}`;
}

function doubleOf(token: string): number | null | undefined {
  if (token === 'null') return null;
  const said = saidBy(token);
  if (!/^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(said)) return undefined;
  const number = Number(said) + 0;
  if (!Number.isFinite(number)) return undefined;
  if (/^-?[0-9]+$/.test(said) && BigInt(number) !== BigInt(said)) return undefined;
  return number;
}

function textOf(token: string): string | null | undefined {
  if (token === 'null') return null;
  return token.startsWith('"') ? saidBy(token) : undefined;
}

/** A number as digits × 10^exponent, without zeros at the end of the digits. */
function exactly(number: string): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = '', power = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  let digits = BigInt(whole.replace('-', '') + fraction);
  let exponent = Number(power) - fraction.length;
  for (; digits !== 0n && digits % 10n === 0n; exponent++) digits /= 10n;
  if (digits === 0n) exponent = 0;
  return { digits: whole.startsWith('-') ? -digits : digits, exponent };
}

/** JSON without spaces, numbers as exact values, strings as JSON.stringify writes them. */
function oneSpelling(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|\s+/g, (token) => {
    if (token.trim() === '') return '';
    if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
    const { digits, exponent } = exactly(token);
    return `${digits}e${exponent}`;
  });
}
