import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import type { SourceTable } from '../../sql/script.ts';
import { topicTable } from '../envelope-trial.conformance.ts';
import { AvroRows } from './avro-rows.ts';
import { declared, written } from './avro-trial.conformance.ts';

// Bytes that are none of the schema's: each record is a row or has its fault, whatever they are.

const everything = {
  type: 'record',
  name: 'r',
  fields: [
    { name: 'i', type: 'int' },
    { name: 'l', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'f', type: 'float' },
    { name: 'd', type: 'double' },
    { name: 'b', type: 'boolean' },
    { name: 's', type: 'string' },
    { name: 'y', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
    { name: 'x', type: { type: 'fixed', name: 'f16', size: 16, logicalType: 'uuid' } },
    { name: 'u', type: { type: 'fixed', name: 'f12', size: 12, logicalType: 'duration' } },
    { name: 'e', type: { type: 'enum', name: 'e', symbols: ['A', 'B'] } },
    { name: 'a', type: { type: 'array', items: { type: 'array', items: 'null' } } },
    { name: 'm', type: { type: 'map', values: ['null', 'string', 'r'] } },
    { name: 'n', type: ['null', 'r'] },
  ],
};

const columns = {
  i: 'INTEGER',
  l: 'TIMESTAMP',
  f: 'FLOAT',
  d: 'DOUBLE',
  b: 'BOOLEAN',
  s: 'VARCHAR',
  y: 'DECIMAL(10,2)',
  x: 'VARCHAR',
  u: 'INTERVAL',
  e: 'VARCHAR',
  a: 'JSON',
  m: 'MAP(VARCHAR, JSON)',
  n: 'JSON',
};

function rowsOf(schema: unknown): AvroRows {
  const format = declared(schema);
  const table: SourceTable = topicTable(columns, format);
  if (format.kind !== 'avro') throw new Error('the format is Avro');
  return new AvroRows(table, format, undefined);
}

const value = (next: unknown): unknown => ({
  i: -5,
  l: 1_738_310_400_123_456,
  f: 0.5,
  d: 1e300,
  b: true,
  s: 'schlüssel',
  y: Buffer.from('04d2', 'hex'),
  x: Buffer.alloc(16, 0xab),
  u: Buffer.alloc(12, 1),
  e: 'B',
  a: [[null, null], []],
  m: { k: { string: 'x' }, l: null },
  n: next,
});

const rows = rowsOf(everything);
const sound = written(everything, value({ r: value(null) }));

/** A row is JSON, and nothing else is one. */
function lookAt(bytes: Buffer): string {
  const row = rows.row(bytes, {});
  if (typeof row !== 'string') return row.code;
  expect(typeof JSON.parse(row)).toBe('object');
  return 'row';
}

test('a record that is cut is rejected at every cut', () => {
  expect(lookAt(sound)).toBe('row');
  for (let length = 0; length < sound.length; length++) {
    // The bytes behind it are there, in the same memory, and not its own.
    expect([length, lookAt(sound.subarray(0, length))]).toEqual([length, 'malformed_avro']);
  }
});

test('a record with a byte changed is a row or is rejected', () => {
  for (let at = 0; at < sound.length; at++) {
    for (const byte of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(sound);
      changed[at] = byte;
      lookAt(changed);
    }
  }
});

test('any bytes are a row or are rejected', () => {
  const codes = ['row', 'malformed_avro', 'invalid_utf8', 'too_deep'];
  const bytes = fc.uint8Array({ maxLength: 300 });
  const piece = fc.tuple(fc.nat(sound.length), bytes, fc.nat(sound.length));
  fc.assert(
    fc.property(piece, ([from, middle, to]) => {
      const parts = [sound.subarray(0, from), middle, sound.subarray(to)];
      expect(codes).toContain(lookAt(Buffer.concat(parts)));
    }),
    { numRuns: 3_000 },
  );
});
