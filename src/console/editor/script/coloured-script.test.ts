import { expect, test } from 'vitest';
import { colouredScript } from './coloured-script.ts';

const script = `-- orders
CREATE TABLE t (id TEXT) WITH (connector = 'http');
INSERT INTO u SELECT 1 FROM t WHERE a = $day;`;

test('a script is in pieces that are coloured by what they are', () => {
  const named = colouredScript(script).flatMap(({ text, className }) =>
    className === '' ? [] : [`${className.replace('sql-', '')} ${text}`],
  );
  expect(named).toEqual([
    'comment -- orders',
    ...['keyword CREATE', 'keyword TABLE', 'keyword WITH'],
    ...['number connector', "string 'http'"],
    ...['keyword INSERT', 'keyword INTO', 'keyword SELECT', 'number 1', 'keyword FROM'],
    ...['keyword WHERE', 'variable $day'],
  ]);
});

test.each(['', 'select', "select 'open", 'é😀 <b>', script])('no piece of %j is lost', (text) => {
  const pieces = colouredScript(text).map((piece) => piece.text);
  expect(pieces.join('')).toBe(text);
});
