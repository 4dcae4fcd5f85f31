import { fc } from '../../test/properties.ts';
import { expect, test } from 'vitest';
import { parseScript, scriptLengthMax } from './parse-script.ts';
import { renderScriptError } from './render-error.ts';

const script = `CREATE TABLE events (
  id TEXT PRIMARY KEY, at TIMESTAMP NOT NULL, tags ARRAY<STRUCT<a INT, b DECIMAL(5, 2)>>, "ö" JSON,
  day DATE GENERATED ALWAYS AS (CAST(at AS DATE)) STORED, WATERMARK FOR at AS (at - INTERVAL '5 s')
) WITH (connector = 'http', 'json.unstructured' = false, framing.newline.max_length = 65536);
CREATE TABLE sink (id TEXT) WITH (
  connector = 'delta', path = '/tmp/x', partition_fields = [a, b], rollover_seconds = '60'
) PARTITIONED BY (id);
CREATE VIEW v AS SELECT id, CASE WHEN window.end > 1 THEN end END FROM events; -- why
INSERT INTO sink (id) SELECT id FROM v; SET updating_ttl = interval '1 hour'; SELECT 1`;

/** Never throws, and every error has a place in the text that can be shown. */
function checkErrors(text: string): void {
  const parsed = parseScript(text);
  if (parsed.kind === 'ok') return;
  const lines = text.split('\n');
  expect(parsed.errors.length).toBeGreaterThan(0);
  for (const error of parsed.errors) {
    const { line, column, length } = error.position;
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    expect(length).toBeGreaterThanOrEqual(1);
    expect(error.message).toMatch(/\S/);
    expect(renderScriptError(text, error)).toContain('^');
  }
}

test('any text is read or refused, never thrown at', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), checkErrors));
});

test('a script with pieces cut, doubled or swapped is read or refused, never thrown at', () => {
  const tokens = script.split(/(\s+|[(),;=.<>[\]'"])/).filter((piece) => piece !== '');
  const mutated = fc
    .array(fc.tuple(fc.nat(tokens.length - 1), fc.nat(tokens.length - 1), fc.nat(2)), {
      minLength: 1,
      maxLength: 6,
    })
    .map((changes) => {
      const pieces = [...tokens];
      for (const [at, other, kind] of changes) {
        if (kind === 0) pieces[at] = '';
        else if (kind === 1) pieces[at] += pieces[other] ?? '';
        else [pieces[at], pieces[other]] = [pieces[other] ?? '', pieces[at] ?? ''];
      }
      return pieces.join('');
    });
  fc.assert(fc.property(mutated, checkErrors), { numRuns: 300 });
});

test('a script cut at any character is read or refused, never thrown at', () => {
  expect.hasAssertions();
  for (let length = 0; length <= script.length; length++) checkErrors(script.slice(0, length));
});

test('types nested without end are refused, not overflowed', () => {
  const type = 'ARRAY<'.repeat(5000) + 'INT' + '>'.repeat(5000);
  const parsed = parseScript(`CREATE TABLE t (a ${type}) WITH (connector = 'http'); SELECT 1`);
  expect(parsed).toMatchObject({
    kind: 'errors',
    errors: [{ message: 'Types nest at most 32 levels deep.' }],
  });
});

test('values nested without end are refused, not overflowed', () => {
  const list = '['.repeat(20000);
  const parsed = parseScript(`CREATE TABLE t WITH (connector = 'delta', path = ${list}); SELECT 1`);
  const [first] = parsed.kind === 'errors' ? parsed.errors : [];
  expect(first?.message).toBe('A list holds no lists.');
});

test.each([
  [
    'columns',
    `CREATE TABLE t (${Array.from({ length: 2100 }, (_, n) => `c${n} INT`).join()}); SELECT 1`,
  ],
  [
    'options',
    `CREATE TABLE t WITH (${Array.from({ length: 300 }, (_, n) => `o${n} = 1`).join()}); SELECT 1`,
  ],
  ['statements', 'SELECT 1;'.repeat(1001)],
])('too many %s are refused', (what, text) => {
  const parsed = parseScript(text);
  const message = expect.stringMatching(new RegExp(`has at most \\d+ ${what}`));
  expect(parsed).toMatchObject({ kind: 'errors', errors: [{ message }] });
});

test('a script that is too long is refused', () => {
  const parsed = parseScript(' '.repeat(scriptLengthMax + 1));
  expect(parsed).toMatchObject({
    kind: 'errors',
    errors: [{ message: 'The script is longer than 262144 characters.' }],
  });
});
