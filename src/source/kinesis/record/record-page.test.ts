import { fc } from '../../../../test/properties.ts';
import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../test/streams/kinesis-aggregate.ts';
import type { RecordForm } from '../../source.ts';
import { hashKeyMax, type ListedShard } from '../shard/shard-map.ts';
import { type Bound, PageQueue, type PageSlice } from './page-queue.ts';
import { PageBuilder, type RecordPage } from './record-page.ts';
import { SlicedLines } from './sliced-lines.ts';

const lines: RecordForm = { kind: 'lines', isBinary: false, metadata: [] };
const shard: ListedShard = {
  id: 'shardId-000000000007',
  parents: [],
  hashKeyStart: 0n,
  hashKeyEnd: hashKeyMax,
  isClosed: false,
};

function pageOf(
  values: readonly (string | Uint8Array)[],
  { form = lines, firstNumber = 1 }: { form?: RecordForm; firstNumber?: number } = {},
): RecordPage {
  const builder = new PageBuilder(form, shard, 10);
  for (const [index, value] of values.entries()) {
    builder.add({
      data: index % 2 === 0 ? Buffer.from(value).toString('base64') : Buffer.from(value),
      sequenceNumber: String(firstNumber + index),
      partitionKey: `key-${index}`,
      arrivedAtMs: 1000 + index,
    });
  }
  return builder.finish();
}

function whole(page: RecordPage): SlicedLines {
  return new SlicedLines([{ page, from: 0, to: page.ends.length }]);
}

test('values are lines, and what differs from them is told', () => {
  const values = ['{"a":1}', '{"a":2}\n', '{\n"a":\n3}', '', 'é', '\n'];
  const taken = whole(pageOf(values));
  const texts = Buffer.from(taken.bytes()).toString().split('\n');
  expect(texts).toEqual(['{"a":1}', '{"a":2}\r', '{\r"a":\r3}', '!', 'é', '\r', '']);
  let offset = 0;
  const raw = values.map((_, index) => {
    const value = taken.rawAt(offset);
    expect(taken.recordAt(offset)).toEqual({
      sequenceNumber: String(index + 1),
      arrivedAtMs: 1000 + index,
    });
    offset += Buffer.byteLength(`${texts[index]}\n`);
    return value === undefined || value === null ? value : Buffer.from(value).toString();
  });
  expect(raw).toEqual([undefined, '{"a":2}\n', '{\n"a":\n3}', '', undefined, '\n']);
});

describe('envelopes', () => {
  const all = ['sequence_number', 'subsequence_number', 'shard_id', 'partition_key', 'timestamp'];
  test.each<[string, Omit<RecordForm, 'kind'>, string | Uint8Array, unknown]>([
    ['text', { isBinary: false, metadata: [] }, 'a\n"b"', { v: 'a\n"b"' }],
    ['nothing', { isBinary: false, metadata: [] }, '', { v: '' }],
    ['bytes that are no text', { isBinary: false, metadata: [] }, Buffer.of(255), { b: '/w==' }],
    ['text of a binary format', { isBinary: true, metadata: [] }, 'a', { b: 'YQ==' }],
    [
      'metadata',
      { isBinary: false, metadata: [...all, 'explicit_hash_key'] },
      'x',
      {
        v: 'x',
        m: {
          sequence_number: '1',
          subsequence_number: 0,
          shard_id: 'shardId-000000000007',
          partition_key: 'key-0',
          timestamp: 1000,
          explicit_hash_key: null,
        },
      },
    ],
  ])('of %s', (_, form, value, envelope) => {
    const page = pageOf([value], { form: { kind: 'envelopes', ...form } });
    expect(JSON.parse(page.bytes.toString())).toEqual(envelope);
    expect(page.bytes.at(-1)).toBe(10);
  });

  test('of an aggregate: one for each of its records, with its own key', () => {
    const form: RecordForm = {
      kind: 'envelopes',
      isBinary: false,
      metadata: ['sequence_number', 'subsequence_number', 'partition_key', 'explicit_hash_key'],
    };
    const bytes = aggregate([
      { key: 'a', data: 'one' },
      { key: 'b', hashKey: '5', data: 'two' },
    ]);
    const texts = pageOf([bytes], { form }).bytes.toString().trimEnd().split('\n');
    expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        v: 'one',
        m: {
          sequence_number: '1',
          subsequence_number: 0,
          partition_key: 'a',
          explicit_hash_key: null,
        },
      },
      {
        v: 'two',
        m: {
          sequence_number: '1',
          subsequence_number: 1,
          partition_key: 'b',
          explicit_hash_key: '5',
        },
      },
    ]);
  });
});

test('an aggregate is one record of several lines; a broken one is a record as it is', () => {
  const bytes = aggregate([
    { key: 'a', data: '{"n":1}' },
    { key: 'a', data: '{"n":\n2}' },
  ]);
  const broken = Buffer.from(bytes);
  broken[10] = 1;
  const page = pageOf(['{"n":0}', bytes, broken, aggregate([]), '{"n":3}']);
  const taken = whole(page);
  const text = page.bytes.toString('latin1');
  expect(text.startsWith('{"n":0}\n{"n":1}\n{"n":\r2}\nó\x89')).toBe(true);
  expect(text.endsWith('{"n":3}\n')).toBe(true);
  expect(page.ends.length).toBe(5);
  expect(taken.recordAt(8).sequenceNumber).toBe('2');
  expect(taken.recordAt(16).sequenceNumber).toBe('2');
  expect(Buffer.from(taken.rawAt(16) ?? []).toString()).toBe('{"n":\n2}');
  expect(taken.recordAt(page.bytes.length - 8).sequenceNumber).toBe('5');
});

test('records of an aggregate whose keys belong to other shards are kept, and counted', () => {
  const half = { ...shard, hashKeyEnd: 2n ** 127n - 1n };
  const builder = new PageBuilder(lines, half, 10);
  const records = [
    { key: 'x', hashKey: '0', data: 'in' },
    { key: 'x', hashKey: String(2n ** 127n), data: 'out' },
    { key: 'x', hashKey: 'no number', data: 'out too' },
    // Their MD5 sums begin with 0cc1 and 9dd4: one half each.
    { key: 'a', data: 'in' },
    { key: 'x', data: 'out as well' },
  ];
  builder.add({
    data: aggregate(records),
    sequenceNumber: '1',
    partitionKey: 'x',
    arrivedAtMs: 1,
  });
  expect(builder.finish().bytes.toString().trimEnd().split('\n').length).toBe(5);
  expect(builder.strayCount).toBe(3);
});

test('a queue gives its records once, whatever the sizes, and never splits one', () => {
  const values = fc.array(fc.oneof(fc.string(), fc.constant(aggregate([{ key: 'k', data: 'x' }]))));
  const pages = fc.array(values, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(pages, fc.infiniteStream(fc.integer({ min: 1, max: 60 })), (all, sizes) => {
      const queue = new PageQueue();
      let firstNumber = 1;
      const held: RecordPage[] = [];
      for (const some of all) {
        const page = pageOf(some, { firstNumber });
        firstNumber += some.length;
        held.push(page);
        queue.push(page);
      }
      let freed = 0;
      const taken: Uint8Array[] = [];
      const numbers: string[] = [];
      for (;;) {
        const { slices } = queue.first(sizes.next().value, undefined);
        const last = slices.at(-1);
        if (last === undefined) break;
        taken.push(new SlicedLines(slices).bytes());
        for (const { page, from, to } of slices)
          numbers.push(...page.sequenceNumbers.slice(from, to));
        freed += queue.dropThrough(lastNumber(last)) ?? 0;
      }
      expect(Buffer.concat(taken)).toEqual(Buffer.concat(held.map(({ bytes }) => bytes)));
      expect(numbers).toEqual(Array.from({ length: firstNumber - 1 }, (_, at) => String(at + 1)));
      expect(freed).toBe(held.reduce((sum, { bytes }) => sum + bytes.length, 0));
      expect(queue.isEmpty).toBe(true);
    }),
  );
});

test('a queue ends at a limit, and knows what it does not have', () => {
  const queue = new PageQueue();
  queue.push(pageOf(['a', 'b', 'c'], { firstNumber: 9 }));
  queue.push(pageOf(['d'], { firstNumber: 20 }));
  const countTo = (bound: Bound | undefined): number =>
    queue.first(100, bound).slices.reduce((sum, { from, to }) => sum + to - from, 0);
  const count = (until: string | undefined): number =>
    countTo(until === undefined ? until : { kind: 'through', sequenceNumber: until });
  expect(['8', '9', '10', '15', '20', undefined].map(count)).toEqual([0, 1, 2, 3, 4, 4]);
  const before = (sequenceNumber: string): number => countTo({ kind: 'before', sequenceNumber });
  expect(['8', '9', '10', '15', '20', '21'].map(before)).toEqual([0, 0, 1, 3, 3, 4]);
  const until = (atMs: number): number => countTo({ kind: 'until', atMs });
  expect([1000, 1001, 1002, 1003].map(until)).toEqual([0, 1, 2, 4]);
  const isAtBound = (bound: Bound): boolean => queue.first(100, bound).isAtBound;
  expect(isAtBound({ kind: 'before', sequenceNumber: '20' })).toBe(true);
  expect(isAtBound({ kind: 'before', sequenceNumber: '21' })).toBe(false);
  expect(queue.oldestAtMs(undefined)).toBe(1000);
  expect(queue.oldestAtMs('9')).toBe(1001);
  expect(queue.oldestAtMs('11')).toBe(1000);
  expect(queue.oldestAtMs('20')).toBeUndefined();
  expect(queue.dropThrough('15')).toBeUndefined();
  expect(queue.dropThrough('21')).toBeUndefined();
  expect(queue.dropThrough('10')).toBe(0);
  expect(count(undefined)).toBe(2);
});

function lastNumber({ page, to }: PageSlice): string {
  return page.sequenceNumbers[to - 1] ?? '';
}
