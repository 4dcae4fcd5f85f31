import { describe, expect, test } from 'vitest';
import { examine, plain } from './examine.ts';

describe('a number without its exponent', () => {
  test.each([
    ['1', '1'],
    ['-1.50', '-1.50'],
    ['1e3', '1000'],
    ['1.5e3', '1500'],
    ['1.5E+1', '15'],
    ['1.25e1', '12.5'],
    ['1e-3', '0.001'],
    ['-12.5e-4', '-0.00125'],
    ['0e5', '000000'],
    ['123456789012345678901e-20', '1.23456789012345678901'],
    ['1e999999999', '1e999999999'],
    ['1e-400', '1e-400'],
  ])('%s is %s', (number, expected) => {
    expect(plain(number)).toBe(expected);
  });
});

describe('a line that is examined', () => {
  test.each([
    ['{"a":1}', '{"a":1}'],
    ['{"a":1.5,"b":[2e1,3]}', '{"a":"#1.5|1.5","b":["#20|2e1",3]}'],
    ['{"1.5":"2.5 \\"3.5\\"","c":-0.5}', '{"1.5":"2.5 \\"3.5\\"","c":"#-0.5|-0.5"}'],
    ['{"a":true,"b":null,"c":false}', '{"a":true,"b":null,"c":false}'],
  ])('%s', (line, text) => {
    expect(examine(line, '#')).toEqual({ kind: 'line', text });
  });

  test.each([
    ['{"a":NaN}', 'malformed_json'],
    ['{"a":[-Infinity]}', 'malformed_json'],
    [`${'['.repeat(129)}${']'.repeat(129)}`, 'too_deep'],
  ])('%s is rejected', (line, code) => {
    expect(examine(line, '#')).toMatchObject({ kind: 'rejected', code });
  });
});
