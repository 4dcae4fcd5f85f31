import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  RegisteredSchema,
  SchemaRegistry,
} from '../../connection/registry/schema-registry.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { RecordFormat } from '../../sql/script.ts';
import {
  decodeBatch,
  type DecodedBatch,
  enveloped,
  envelopeBatch,
  topicTable,
} from '../envelope-trial.conformance.ts';
import { Trial } from '../trial.conformance.ts';
import { AvroTranscoder } from './avro-transcoder.ts';
import { declared, decodeAvro, recordOf, type Value } from './avro-trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const { signal } = new AbortController();

const registered: RecordFormat = {
  kind: 'avro',
  schema: { kind: 'registry' },
  isUnstructured: false,
};

const twoFields = {
  type: 'record',
  name: 'e',
  namespace: 'n.s',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'name', type: ['null', 'string'] },
  ],
};
const idAndName = { id: 'BIGINT', name: 'VARCHAR' };

test.each<readonly [string, Value, RejectionCode, string]>([
  ['ends too early', Buffer.from([2]), 'malformed_avro', 'it ends too early, at byte 1'],
  ['is empty', Buffer.alloc(0), 'malformed_avro', 'it ends too early'],
  ['goes on', Buffer.from([2, 0, 7, 7]), 'malformed_avro', '2 of 4 bytes are left over'],
  ['has a branch too many', Buffer.from([2, 4]), 'malformed_avro', 'a union of 2 has branch 2'],
  ['has a text longer than itself', Buffer.from([2, 2, 0x7e, 65]), 'malformed_avro', 'too early'],
  ['has a negative length', Buffer.from([2, 2, 1]), 'malformed_avro', 'a length is -1'],
  ['has no UTF-8', Buffer.from([2, 2, 2, 0xff]), 'invalid_utf8', 'not valid UTF-8'],
  ['has a number without end', Buffer.alloc(12, 0xff), 'malformed_avro', 'more than 64 bits'],
  ['is a tombstone', null, 'tombstone', 'tombstone'],
])('a value that %s is rejected with its own bytes', async (_, value, expected, message) => {
  const good = Buffer.from([2, 2, 2, 65]);
  const decoded = await decodeAvro(trial, [good, value, good], {
    format: declared(twoFields),
    fields: idAndName,
  });
  expect(decoded.fast).toBeTypeOf('string');
  expect(decoded.rows).toEqual([
    { id: '1', name: 'A' },
    { id: '1', name: 'A' },
  ]);
  expect(decoded.raw).toEqual([good.toString(), good.toString()]);
  expect(decoded.rejected.map(({ code: found, position }) => [found, position])).toEqual([
    [expected, '1'],
  ]);
  expect(decoded.rejected[0]?.message).toContain(message);
  expect(Buffer.from(decoded.rejected[0]?.raw ?? '')).toEqual(Buffer.from(value ?? []));
});

test('arrays can’t hold more items than there are bytes, and nothing nests too deep', async () => {
  const nulls = recordOf({ type: 'array', items: 'null' });
  const many = Buffer.from([...Buffer.from('80a0b787e905', 'hex'), 0]);
  const bomb = await decodeAvro(trial, [many], { format: declared(nulls), fields: { v: 'JSON' } });
  expect(bomb.rejected[0]?.message).toContain('a block has');
  const list = {
    type: 'record',
    name: 'list',
    fields: [{ name: 'next', type: ['null', 'list'] }],
  };
  const fields = { next: 'JSON' };
  const chain = (length: number): Buffer => Buffer.from([...Array(length).fill(2), 0]);
  const shallow = await decodeAvro(trial, [chain(3)], { format: declared(list), fields });
  expect(shallow.rows).toEqual([{ next: '{"next":{"next":{"next":null}}}' }]);
  const deep = await decodeAvro(trial, [chain(100_000)], { format: declared(list), fields });
  expect(deep.rejected.map(({ code: found }) => found)).toEqual(['too_deep']);
});

test('a negative count of a block comes with the block’s size', async () => {
  const schema = recordOf({ type: 'array', items: 'int' });
  const decoded = await decodeAvro(trial, [Buffer.from([3, 4, 2, 4, 0])], {
    format: declared(schema),
    fields: { v: 'INTEGER[]' },
  });
  expect(decoded.rows).toEqual([{ v: [1, 2] }]);
});

test('metadata stands beside the fields', async () => {
  const m = {
    offset_id: 9_007_199_254_740_993n,
    timestamp: 1_738_310_400_123,
    key: '/w==',
    headers: { a: 'b' },
  };
  const metadata = {
    o: 'BIGINT FROM offset_id',
    at: 'TIMESTAMP FROM timestamp',
    k: 'BLOB FROM key',
    h: 'JSON FROM headers',
  };
  const decoded = await decodeAvro(trial, [Buffer.from([2, 0])], {
    format: declared(twoFields),
    fields: idAndName,
    metadata,
    m,
  });
  expect(decoded.rows).toEqual([
    {
      id: '1',
      name: null,
      o: '9007199254740993',
      at: '2025-01-31 08:00:00.123+00',
      k: String.raw`\xFF`,
      h: '{"a":"b"}',
    },
  ]);
  const asText = await decodeAvro(trial, [Buffer.from([2, 0])], {
    format: declared(twoFields),
    fields: idAndName,
    metadata: { k: 'VARCHAR FROM key' },
    m,
  });
  expect(asText.rejected.map(({ code: found }) => found)).toEqual(['type_mismatch']);
});

test.each([253_402_300_800_000, 9e15, 2n ** 63n - 1n])(
  'the time %s of metadata is none, and rejects its record',
  async (timestamp) => {
    const decoded = await decodeAvro(trial, [Buffer.from([2, 0])], {
      format: declared(twoFields),
      fields: idAndName,
      metadata: { at: 'TIMESTAMP FROM timestamp' },
      m: { timestamp },
    });
    expect(decoded.rejected).toHaveLength(1);
    expect(decoded.rejected[0]?.message).toContain(String(timestamp));
  },
);

test.each(['JSON', 'VARCHAR'])('whole values as %s', async (type) => {
  const decoded = await decodeAvro(trial, [Buffer.from([2, 2, 2, 65])], {
    format: declared(twoFields, true),
    fields: { value: type },
  });
  expect(decoded.rows).toEqual([{ value: '{"id":1,"name":"A"}' }]);
  const number = await decodeAvro(trial, [Buffer.from([2])], {
    format: declared('long', true),
    fields: { value: type },
  });
  expect(number.rows).toEqual([{ value: '1' }]);
});

class FakeRegistry implements SchemaRegistry {
  readonly endpoint = 'http://registry';
  readonly asked: number[] = [];
  readonly #schemas: ReadonlyMap<number, RegisteredSchema>;

  constructor(schemas: ReadonlyMap<number, RegisteredSchema>) {
    this.#schemas = schemas;
  }

  async schema(id: number): Promise<RegisteredSchema | undefined> {
    this.asked.push(id);
    return await Promise.resolve(this.#schemas.get(id));
  }
}

function framed(id: number, ...bytes: readonly number[]): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

const avro = (schema: unknown, references: readonly string[] = []): RegisteredSchema => ({
  type: 'AVRO',
  text: JSON.stringify(schema),
  references,
});

test('each value is read by the schema that it names', async () => {
  const reference = { type: 'record', name: 'n.place', fields: [{ name: 'city', type: 'string' }] };
  const third = {
    type: 'record',
    name: 'n.e',
    fields: [
      { name: 'place', type: 'place' },
      { name: 'id', type: 'int' },
    ],
  };
  const second = { ...twoFields, fields: [{ name: 'extra', type: 'bytes' }, ...twoFields.fields] };
  const registry = new FakeRegistry(
    new Map([
      [1, avro(twoFields)],
      [2, avro(second)],
      [3, avro(third, [JSON.stringify(reference)])],
      [4, { type: 'JSON', text: '{}', references: [] }],
      [5, avro({ type: 'record', name: 'x', fields: [{ name: 'a', type: 'nowhere' }] })],
    ]),
  );
  const values = [
    framed(1, 2, 2, 2, 65),
    framed(2, 2, 0xff, 4, 0),
    framed(1, 6, 0),
    framed(3, 4, 0x58, 0x59, 8),
    framed(4),
    framed(5, 0),
    framed(99, 0),
    Buffer.from('{"id":1}'),
    Buffer.from([0, 0, 0]),
  ];
  const fields = { ...idAndName, place: 'STRUCT(city VARCHAR)' };
  const decoded = await decodeAvro(trial, values, { format: registered, fields, registry });
  const nothing = { name: null, place: null };
  expect(decoded.rows).toEqual([
    { ...nothing, id: '1', name: 'A' },
    { ...nothing, id: '2' },
    { ...nothing, id: '3' },
    { ...nothing, id: '4', place: { city: 'XY' } },
  ]);
  expect(decoded.rejected.map(({ code: found, message }) => [found, message])).toEqual([
    ['malformed_avro', 'The schema 4 of the registry is one of JSON, not of Avro.'],
    [
      'malformed_avro',
      'The schema 5 of the registry can\'t be read: The type "nowhere" is not defined.',
    ],
    ['schema_missing', 'The registry at http://registry has no schema with the id 99.'],
    ['malformed_frame', 'The value does not begin with a zero byte and the id of a schema.'],
    ['malformed_frame', 'The value does not begin with a zero byte and the id of a schema.'],
  ]);
  expect(registry.asked).toEqual([1, 2, 3, 4, 5, 99]);
});

test('a schema may change on the way, as far as its values still fit', async () => {
  const field = (name: string, type: unknown): object => ({ name, type });
  const schemas: readonly (readonly object[])[] = [
    [field('n', 'int'), field('e', { type: 'enum', name: 'e', symbols: ['A'] }), field('x', 'int')],
    // Wider, gone, and more symbols.
    [field('n', 'long'), field('e', { type: 'enum', name: 'e', symbols: ['B', 'A'] })],
    // May be nothing now, stands elsewhere, and has a default that no value needs.
    [
      { name: 'new', type: 'string', default: '?' },
      field('e', ['null', 'string']),
      field('n', ['null', 'double']),
    ],
    // No number any more.
    [field('n', 'string')],
  ];
  const registry = new FakeRegistry(
    new Map(schemas.map((fields, id) => [id, avro({ type: 'record', name: 'r', fields })])),
  );
  const half = [0, 0, 0, 0, 0, 0, 0xe0, 0x3f];
  const values = [
    framed(0, 3, 0, 8),
    framed(1, 0xfe, 0xff, 0xff, 0xff, 0x1f, 0),
    framed(2, 2, 0x79, 2, 2, 0x43, 2, ...half),
    framed(2, 0, 0, 0),
    framed(3, 2, 0x79),
    framed(0, 5, 0, 8),
  ];
  const fields = { n: 'DOUBLE', e: 'VARCHAR', new: 'VARCHAR' };
  const decoded = await decodeAvro(trial, values, { format: registered, fields, registry });
  expect(decoded.rows).toEqual([
    { n: -2, e: 'A', new: null },
    { n: 2 ** 32 - 1, e: 'B', new: null },
    { n: 0.5, e: 'C', new: 'y' },
    { n: null, e: null, new: '' },
    { n: -3, e: 'A', new: null },
  ]);
  expect(decoded.rejected.map(({ code: found, position }) => [found, position])).toEqual([
    ['type_mismatch', '4'],
  ]);
});

test('a schema that was missing is asked for again with the next batch', async () => {
  const schemas = new Map<number, RegisteredSchema>();
  const registry = new FakeRegistry(schemas);
  const table = topicTable(idAndName, registered);
  const transcoder = new AvroTranscoder(table, registry);
  const next = async (): Promise<DecodedBatch> => {
    const batch = await envelopeBatch(trial, [enveloped(framed(1, 2, 0), undefined, true)]);
    return await decodeBatch(trial, table, await transcoder.transcode(batch, signal));
  };
  expect((await next()).rejected.map(({ code: found }) => found)).toEqual(['schema_missing']);
  schemas.set(1, avro(twoFields));
  expect((await next()).rows).toEqual([{ id: '1', name: null }]);
  await next();
  expect(registry.asked).toEqual([1, 1]);
});

test.each([
  ['{"type":"record"}', 'A named type has no name.'],
  ['{', 'JSON'],
  ['"nowhere"', 'The type "nowhere" is not defined.'],
  [`${'['.repeat(200)}${']'.repeat(200)}`, 'more than 100 levels deep'],
])('the declared schema %s is refused', (text, message) => {
  const format: RecordFormat = {
    kind: 'avro',
    schema: { kind: 'declared', text },
    isUnstructured: false,
  };
  expect(() => new AvroTranscoder(topicTable(idAndName, format), undefined)).toThrow(message);
});
