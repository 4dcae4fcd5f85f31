import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import { tokenize } from './tokens.ts';

test.each([
  ['a.b', ['word a', 'operator .', 'word b']],
  ['"a ""b"""', ['quoted a "b"']],
  [`'it''s'`, [`string it's`]],
  [`E'a\\n\\'b'`, [`string a\n'b`]],
  ['$$ -- $$ $t$ $$ $t$', ['string  -- ', 'string  $$ ']],
  [`x'ab'`, ['string ab']],
  ['$1 $name ?', ['parameter $1', 'parameter $name', 'parameter ?']],
  [
    '1 1.5 .5 1e10 0xff 1_000',
    ['1', '1.5', '.5', '1e10', '0xff', '1_000'].map((n) => `number ${n}`),
  ],
  ['a->>b::c', ['word a', 'operator ->>', 'word b', 'operator ::', 'word c']],
  ['<a>>', ['operator <', 'word a', 'operator >', 'operator >']],
  ['a -- b\nc /* d /* e */ f */ g', ['word a', 'word c', 'word g']],
  ['naïve 日本 😀', ['word naïve', 'word 日本', 'word 😀']],
  ['a\u00a0b\u3000c', ['word a', 'word b', 'word c']],
  [`'{{ ENV }}'`, ['string {{ ENV }}']],
  [`'a`, [`invalid This text is never closed: a ' is missing.`]],
  ['"a', ['invalid This name is never closed: a " is missing.']],
  ['/* a', ['invalid This comment is never closed: */ is missing.']],
  ['$$a', ['invalid This text is never closed: $$ is missing.']],
  ['\\', ['invalid The character \\ means nothing here.']],
  ['', []],
])('%j becomes %j', (text, expected) => {
  expect(tokenize(text).map((token) => `${token.kind} ${token.value}`)).toEqual(expected);
});

const marks = [
  '"',
  "'",
  '$',
  '$$',
  '--',
  '/*',
  '*/',
  '\n',
  '\r\n',
  ' ',
  '(',
  ')',
  ';',
  '.',
  '\\',
  '->',
];
const letters = [
  'a',
  '1',
  'e',
  'E',
  'x',
  '😀',
  '\u00a0',
  '\ud800',
  '>',
  '::',
  '?',
  ',',
  'select',
  '日',
];
const pieces = fc.constantFrom(...marks, ...letters);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
);

test('tokens and the gaps between them are the text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      let at = 0;
      for (const token of tokenize(text)) {
        const gap = text.slice(at, token.start);
        expect(gap.replaceAll(/--[^\n]*|\/\*[^]*\*\/|[\s\u200b]/g, '')).toBe('');
        expect(token.text).toBe(text.slice(token.start, token.end));
        expect(token.end).toBeGreaterThan(token.start);
        at = token.end;
      }
      expect(text.slice(at).replaceAll(/--[^\n]*|\/\*[^]*\*\/|[\s\u200b]/g, '')).toBe('');
    }),
  );
});
