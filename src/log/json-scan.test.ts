import { fc } from '../../test/properties.ts';
import { expect, test } from 'vitest';
import { scanJson } from './json-scan.ts';

function isValid(text: string): boolean {
  const bytes = Buffer.from(text);
  return scanJson(bytes, { from: 0, to: bytes.byteLength, depthMax: Infinity }).kind === 'valid';
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('agrees with JSON.parse on valid documents and on each of their prefixes', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, length) => {
      expect(isValid(text)).toBe(true);
      const prefix = text.slice(0, length % (text.length + 1));
      expect(isValid(prefix)).toBe(isParsed(prefix));
    }),
  );
});

test('agrees with JSON.parse on documents with one character changed', () => {
  const character = fc.constantFrom(
    ...Array.from(' \t\r\n{}[],:"\\0123456789+-.eEtfnulasr/bx\u0001'),
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.nat(), character, (text, place, changed) => {
      const at = place % text.length;
      const broken = text.slice(0, at) + changed + text.slice(at + 1);
      expect(isValid(broken)).toBe(isParsed(broken));
    }),
    { numRuns: 2000 },
  );
});

test('agrees with JSON.parse on texts made of tokens', () => {
  const token = fc.constantFrom(
    ...'{ } [ ] , : "" "a" "\\u12aF" "\\x" 0 -1 1e5 01 .5 1. true null nul \n'.split(' '),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
      const text = tokens.join('');
      expect(isValid(text)).toBe(isParsed(text));
    }),
    { numRuns: 5000 },
  );
});

test('gives the exact text of the elements of an array', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 2 })), (values) => {
      const bytes = Buffer.from(JSON.stringify(values, undefined, 1));
      const scan = scanJson(bytes, { from: 0, to: bytes.byteLength, depthMax: 100 });
      const elements = scan.kind === 'valid' ? scan.elements : [];
      const texts = elements.map(({ from, to }) => bytes.toString('utf8', from, to));
      expect(texts.map((text) => JSON.stringify(JSON.parse(text)))).toEqual(
        values.map((value) => JSON.stringify(value)),
      );
    }),
  );
});

test('survives a nesting that no stack would', () => {
  expect(isValid('['.repeat(1_000_000) + ']'.repeat(1_000_000))).toBe(true);
  expect(isValid('['.repeat(1_000_000))).toBe(false);
});
