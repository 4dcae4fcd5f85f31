import { describe, expect, test } from 'vitest';
import type { ColumnType } from '../event/schema.ts';
import {
  appendColumns,
  isSameStoredType,
  parseSchema,
  printSchema,
  storedType,
} from './schema-json.ts';

const unsigned = (bits: 8 | 16 | 32 | 64): ColumnType => ({
  kind: 'integer',
  bits,
  isUnsigned: true,
});
const signed = (bits: 8 | 16 | 32 | 64): ColumnType => ({
  kind: 'integer',
  bits,
  isUnsigned: false,
});
const text: ColumnType = { kind: 'text' };

const plainTypes: readonly (readonly [ColumnType, unknown])[] = [
  [{ kind: 'boolean' }, 'boolean'],
  [signed(8), 'byte'],
  [signed(16), 'short'],
  [signed(32), 'integer'],
  [signed(64), 'long'],
  [{ kind: 'float', bits: 32 }, 'float'],
  [{ kind: 'float', bits: 64 }, 'double'],
  [{ kind: 'decimal', precision: 38, scale: 10 }, 'decimal(38,10)'],
  [text, 'string'],
  [{ kind: 'bytes' }, 'binary'],
  [{ kind: 'date' }, 'date'],
  [{ kind: 'timestamp' }, 'timestamp'],
  [
    { kind: 'list', element: text },
    { type: 'array', elementType: 'string', containsNull: true },
  ],
  [
    { kind: 'map', key: text, value: signed(32) },
    { type: 'map', keyType: 'string', valueType: 'integer', valueContainsNull: true },
  ],
  [
    { kind: 'struct', fields: [{ name: 'a', type: { kind: 'list', element: text } }] },
    {
      type: 'struct',
      fields: [
        {
          name: 'a',
          type: { type: 'array', elementType: 'string', containsNull: true },
          nullable: true,
          metadata: {},
        },
      ],
    },
  ],
];

describe('types', () => {
  test.each(plainTypes)('%j is written as %j, and read as it was', (type, json) => {
    const schemaString = printSchema([{ name: 'c', type }]);
    expect(JSON.parse(schemaString)).toEqual({
      type: 'struct',
      fields: [{ name: 'c', type: json, nullable: true, metadata: {} }],
    });
    expect(parseSchema(schemaString)).toEqual([{ name: 'c', type }]);
    expect(storedType(type)).toEqual(type);
  });

  test.each<[ColumnType, ColumnType]>([
    [unsigned(8), signed(16)],
    [unsigned(16), signed(32)],
    [unsigned(32), signed(64)],
    [unsigned(64), { kind: 'decimal', precision: 20, scale: 0 }],
    [{ kind: 'json' }, text],
    [{ kind: 'time' }, text],
    [{ kind: 'interval' }, text],
    [
      { kind: 'map', key: unsigned(8), value: { kind: 'list', element: { kind: 'json' } } },
      { kind: 'map', key: signed(16), value: { kind: 'list', element: text } },
    ],
    [
      { kind: 'struct', fields: [{ name: 'a', type: unsigned(32) }] },
      { kind: 'struct', fields: [{ name: 'a', type: signed(64) }] },
    ],
  ])('%j, which Delta lacks, is stored as %j', (type, stored) => {
    expect(storedType(type)).toEqual(stored);
    expect(parseSchema(printSchema([{ name: 'c', type }]))).toEqual([{ name: 'c', type: stored }]);
    expect(isSameStoredType(type, stored)).toBe(true);
  });

  test('differ by anything that a file would show', () => {
    expect(isSameStoredType(signed(64), signed(32))).toBe(false);
    expect(
      isSameStoredType(
        { kind: 'decimal', precision: 10, scale: 1 },
        { kind: 'decimal', precision: 10, scale: 2 },
      ),
    ).toBe(false);
  });

  test.each(['timestamp_ntz', 'decimal', 'decimal( 5 , 2 )'])('%s of others is read', (name) => {
    expect(parseSchema(schemaOf(name))).toHaveLength(1);
  });

  test.each(['variant', 'toString', 'interval day', 7, null, { type: 'array' }, { type: 'udt' }])(
    '%j is refused',
    (type) => {
      expect(() => parseSchema(schemaOf(type))).toThrow(/The column c has the type/);
    },
  );
});

describe('names', () => {
  test.each(['', 'a b', 'a,b', 'a;b', 'a{b', 'a}', '(a', 'a)', 'a\nb', 'a\tb', 'a=b'])(
    '%j is refused, nested too',
    (name) => {
      expect(() => printSchema([{ name, type: text }])).toThrow(/cannot be in a Delta table/);
      const type: ColumnType = { kind: 'struct', fields: [{ name, type: text }] };
      expect(() => printSchema([{ name: 's', type }])).toThrow(/cannot be in a Delta table/);
    },
  );

  test.each(['a.b', '日本', 'a"b', '$x', '__a', 'a-b', "it's", 'a/b', 'a%20b'])(
    '%j is a name',
    (name) => {
      expect(parseSchema(printSchema([{ name, type: text }]))).toEqual([{ name, type: text }]);
    },
  );

  test('that differ only by case are refused', () => {
    const columns = ['a', 'A'].map((name) => ({ name, type: text }));
    expect(() => printSchema(columns)).toThrow(/The column name "A" is there twice/);
    expect(() => appendColumns(printSchema([columns[0]!]), [columns[1]!])).toThrow(/there twice/);
  });
});

test.each([
  '',
  '[]',
  '{"type":"struct"}',
  '{"type":"struct","fields":[{"type":"long"}]}',
  '"long"',
])('the schema %j is damaged', (schemaString) => {
  expect(() => parseSchema(schemaString)).toThrow(/schemaString is not a struct/);
});

function schemaOf(type: unknown): string {
  return JSON.stringify({
    type: 'struct',
    fields: [{ name: 'c', type, nullable: true, metadata: {} }],
  });
}
