import { describe, expect, test } from 'vitest';
import type { ColumnType, Schema } from '../../event/schema.ts';
import { parseInstantMicros } from './compare-value.ts';
import type { DataFile } from '../delta.ts';
import type { CompareOp, Literal, Predicate } from './predicate.ts';
import { Pruner } from './prune.ts';

const long: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };
const text: ColumnType = { kind: 'text' };
const schema: Schema = [
  { name: 'i', type: long },
  { name: 'f', type: { kind: 'float', bits: 64 } },
  { name: 't', type: text },
  { name: 'ts', type: { kind: 'timestamp' } },
  { name: 'd', type: { kind: 'date' } },
  { name: 'n', type: { kind: 'decimal', precision: 30, scale: 2 } },
  { name: 's', type: { kind: 'struct', fields: [{ name: 'a', type: long }] } },
  { name: 'p', type: { kind: 'date' } },
];
const table = { schema, partitionColumns: ['p'] };

const stats = {
  numRecords: 10,
  minValues: { i: 5, f: 1.5, t: 'b', ts: '2024-01-01T00:00:00.000Z', d: '2024-01-01', s: { a: 3 } },
  maxValues: { i: 9, f: 2.5, t: 'd', ts: '2024-01-02T00:00:00.000Z', d: '2024-01-31', s: { a: 3 } },
  nullCount: { i: 0, f: 0, t: 3, ts: 0, d: 0, n: 10, s: { a: 0 } },
};

describe('a file is skipped only where no row can match', () => {
  test.each<[string, Predicate, boolean]>([
    ['i = 4', compare('i', '=', exact('4')), false],
    ['i = 5', compare('i', '=', exact('5')), true],
    ['I = 10', compare('I', '=', exact('10')), false],
    ['i < 5', compare('i', '<', exact('5')), false],
    ['i <= 5', compare('i', '<=', exact('5')), true],
    ['i > 9', compare('i', '>', exact('9')), false],
    ['i > 8.99', compare('i', '>', exact('8.99')), true],
    ['i >= 9.01', compare('i', '>=', exact('9.01')), false],
    ['i > 1e9', compare('i', '>', { kind: 'double', value: 1e9 }), false],
    ['i = NULL', compare('i', '=', { kind: 'null' }), false],
    ["i = 'text'", compare('i', '=', textOf('text')), true],
    ['i <> 7', compare('i', '<>', exact('7')), true],
    ['s.a <> 3', { ...compare('s', '<>', exact('3')), column: ['s', 'a'] }, false],
    ['s.A = 4', { ...compare('s', '=', exact('4')), column: ['s', 'A'] }, false],
    ['unknown column', compare('x', '=', exact('4')), true],
    ['n has only NULL', compare('n', '=', exact('4')), false],
    ['n IS NULL', { kind: 'is_null', column: ['n'] }, true],
    ['n IS NOT NULL', not({ kind: 'is_null', column: ['n'] }), false],
    ['i IS NULL', { kind: 'is_null', column: ['i'] }, false],
    ['t IS NULL', { kind: 'is_null', column: ['t'] }, true],
    ['f > 2.5 (NaN is greater)', compare('f', '>', exact('3')), true],
    ['f < 1', compare('f', '<', exact('1')), false],
    ['f = 3', compare('f', '=', exact('3')), false],
    ['f BETWEEN 3 AND 4', between('f', exact('3'), exact('4')), true],
    ['f BETWEEN 0 AND 1', between('f', exact('0'), exact('1')), false],
    ["t < 'b'", compare('t', '<', textOf('b')), false],
    ["t > 'd'", compare('t', '>', textOf('d')), false],
    [
      "ts > '2024-01-02' (a millisecond more may be there)",
      compare('ts', '>', textOf('2024-01-02')),
      true,
    ],
    ['ts > a second later', compare('ts', '>', instant('2024-01-02T00:00:01Z')), false],
    ["ts < '2024-01-01 00:00:00'", compare('ts', '<', textOf('2024-01-01 00:00:00')), false],
    ["d > '2024-01-31'", compare('d', '>', textOf('2024-01-31')), false],
    ["d > '2024-01-31 10:00:00' (is cast)", compare('d', '>', textOf('2024-01-31 10:00:00')), true],
    ['d > an instant that day', compare('d', '>', instant('2024-01-31T10:00:00Z')), false],
    ['p = its date', compare('p', '=', textOf('2024-05-05')), true],
    ['p = another', compare('p', '=', textOf('2024-05-06')), false],
    ['p IS NULL', { kind: 'is_null', column: ['p'] }, false],
    ['p <> its date', compare('p', '<>', textOf('2024-05-05')), false],
    ['i IN (1, 2, 10)', anyIn('i', ['1', '2', '10']), false],
    ['i IN (1, 7)', anyIn('i', ['1', '7']), true],
    ['i NOT IN (1)', not(anyIn('i', ['1'])), true],
    ['NOT (i >= 5)', not(compare('i', '>=', exact('5'))), false],
    [
      'i < 5 OR i > 8',
      { kind: 'or', operands: [compare('i', '<', exact('5')), compare('i', '>', exact('8'))] },
      true,
    ],
    [
      'i < 5 AND unknown',
      { kind: 'and', operands: [compare('i', '<', exact('5')), { kind: 'unknown' }] },
      false,
    ],
    [
      'i < 5 OR unknown',
      { kind: 'or', operands: [compare('i', '<', exact('5')), { kind: 'unknown' }] },
      true,
    ],
    ['NOT unknown', not({ kind: 'unknown' }), true],
  ])('%s', (_name, predicate, expected) => {
    expect(new Pruner().mayMatch(predicate, fileOf(JSON.stringify(stats)), table)).toBe(expected);
  });

  test.each([undefined, 'no json', '[]', '{}', 'null', '{"numRecords":1}'])(
    'statistics %j say nothing',
    (statsJson) => {
      const pruner = new Pruner();
      for (const predicate of [
        compare('i', '=', exact('1')),
        not(compare('t', '=', textOf('a'))),
      ]) {
        expect(pruner.mayMatch(predicate, fileOf(statsJson), table)).toBe(true);
      }
    },
  );

  test('numbers beyond 2^53 are compared in all their digits', () => {
    const statsJson =
      '{"numRecords":1,"minValues":{"i":9007199254740993},"maxValues":{"i":9007199254740993}}';
    const pruner = new Pruner();
    const matches = (op: CompareOp, digits: string): boolean =>
      pruner.mayMatch(compare('i', op, exact(digits)), fileOf(statsJson), table);
    expect(matches('=', '9007199254740992')).toBe(false);
    expect(matches('=', '9007199254740993')).toBe(true);
    expect(matches('<', '9007199254740993')).toBe(false);
  });
});

function fileOf(statsJson: string | undefined): DataFile {
  return {
    path: 'a.parquet',
    partitionValues: { p: '2024-05-05' },
    byteLength: 1,
    modifiedAtMs: 0,
    statsJson,
    rowCount: undefined,
  };
}

function compare(column: string, op: CompareOp, value: Literal): Predicate & { kind: 'compare' } {
  return { kind: 'compare', column: [column], op, value };
}

function between(column: string, low: Literal, high: Literal): Predicate {
  return { kind: 'between', column: [column], low, high };
}

function anyIn(column: string, digits: readonly string[]): Predicate {
  return { kind: 'in', column: [column], values: digits.map(exact) };
}

function not(operand: Predicate): Predicate {
  return { kind: 'not', operand };
}

function exact(digits: string): Literal {
  return { kind: 'exact', text: digits };
}

function textOf(value: string): Literal {
  return { kind: 'text', text: value };
}

function instant(value: string): Literal {
  return { kind: 'instant', micros: parseInstantMicros(value)! };
}
