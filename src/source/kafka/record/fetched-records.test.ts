import { compressionsAlgorithms, crc32c } from '@platformatic/kafka';
import { fc } from '../../../../test/properties.ts';
import { expect, test } from 'vitest';
import { HeliosError } from '../../../base/errors.ts';
import type { RecordForm } from '../../source.ts';
import { PartitionReader } from '../partition-reader.ts';
import { FetchedRecords, type Place } from './fetched-records.ts';
import { SpoolLines } from './spool-lines.ts';

type TrialRecord = {
  readonly delta: number;
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
};

type TrialBatch = {
  readonly baseOffset?: number;
  readonly lastDelta?: number;
  readonly codec?: number;
  /** 16 is transactional, 32 a marker. */
  readonly attributes?: number;
  readonly producerId?: bigint;
  readonly records: readonly TrialRecord[];
};

const lineForm: RecordForm = { kind: 'lines', isBinary: false, metadata: [] };
const envelopeForm: RecordForm = {
  kind: 'envelopes',
  isBinary: false,
  metadata: ['offset_id', 'key', 'headers', 'timestamp', 'topic', 'partition', 'unheard_of'],
};
const start: Place = { offset: 0, leaderEpoch: undefined };

test.each([0, 1, 2, 3, 4])('reads the values of a batch with codec %j', (codec) => {
  const records = Array.from({ length: 300 }, (_, delta) => ({ delta, value: `value ${delta}` }));
  const { lines, place } = takeAll([{ codec, records }]);
  expect(lines).toEqual(records.map(({ value }) => value));
  expect(place).toEqual({ offset: 300, leaderEpoch: 7 });
});

test('takes up to the record that reaches the limit, and goes on behind it', () => {
  const records = Array.from({ length: 10 }, (_, delta) => ({
    delta,
    value: `${delta}`.repeat(9),
  }));
  const fetched = new FetchedRecords(batch({ records }), []);
  let place = start;
  const sizes: number[] = [];
  while (place.offset < 10) {
    const lines = new SpoolLines();
    place = fetched.take(place, lines, limits({ bytesMax: 25 }));
    sizes.push(lines.lineCount);
  }
  expect(sizes).toEqual([3, 3, 3, 1]);
});

test('ends before an offset, and keeps what follows', () => {
  const records = [0, 2, 5].map((delta) => ({ delta, value: String(delta) }));
  const fetched = new FetchedRecords(batch({ records, lastDelta: 9 }), []);
  const lines = new SpoolLines();
  const place = fetched.take(start, lines, limits({ offsetEnd: 5 }));
  expect([place.offset, textOf(lines)]).toEqual([5, ['0', '2']]);
  const rest = new SpoolLines();
  expect(fetched.take(place, rest, limits({})).offset).toBe(10);
  expect(textOf(rest)).toEqual(['5']);
  expect(fetched.isDone).toBe(true);
});

test('leaves out what is before the place where it begins', () => {
  const records = [0, 1, 2].map((delta) => ({ delta, value: String(delta) }));
  const lines = new SpoolLines();
  new FetchedRecords(batch({ records }), []).take({ ...start, offset: 2 }, lines, limits({}));
  expect(textOf(lines)).toEqual(['2']);
});

test('leaves out aborted transactions of a producer until their marker', () => {
  const of = (baseOffset: number, producerId: bigint, value: string): TrialBatch => ({
    baseOffset,
    producerId,
    attributes: 16,
    records: [{ delta: 0, value }],
  });
  const marker = (baseOffset: number, producerId: bigint, type: 0 | 1): TrialBatch => ({
    baseOffset,
    producerId,
    attributes: 48,
    records: [{ delta: 0, key: `\0\0\0${String.fromCharCode(type)}`, value: '\0\0\0\0\0\0' }],
  });
  const batches = [
    of(0, 1n, 'aborted'),
    of(1, 2n, 'committed'),
    of(2, 1n, 'aborted too'),
    marker(3, 1n, 0),
    of(4, 1n, 'of the next one'),
    marker(5, 2n, 1),
    marker(6, 1n, 1),
  ];
  const aborted = [{ producerId: 1n, firstOffset: 0 }];
  expect(takeAll(batches, aborted)).toMatchObject({
    lines: ['committed', 'of the next one'],
    place: { offset: 7 },
  });
});

test('hands on the headers and keys of records, however many', () => {
  const headers = Array.from({ length: 1500 }, (_, n) => [`h${n}`, 'x'] as const);
  const records = [
    {
      delta: 0,
      value: 'a',
      key: null,
      headers: [
        ['n', '1'],
        ['n', null],
        ['__proto__', 'p'],
      ] as const,
    },
    { delta: 1, value: 'b', key: 'k', headers },
  ];
  const [first, second] = takeAll([{ records }], [], envelopeForm).lines.map(
    (line) => (JSON.parse(line) as { m: Record<string, unknown> }).m,
  );
  expect(JSON.stringify(first?.['headers'])).toBe('{"n":["1",null],"__proto__":"p"}');
  expect(first).toMatchObject({ key: null, offset_id: 0, timestamp: 1000, unheard_of: null });
  expect(second).toMatchObject({ key: 'aw==' });
  expect(Object.keys(second?.['headers'] ?? {})).toHaveLength(1001);
  expect(second?.['headers']).toMatchObject({ 'helios.headers_left_out': 500 });
});

test.each([
  [-1n, 'null'],
  [0n, '0'],
  [2n ** 53n + 1n, '9007199254740993'],
  [1_700_000_000_000_000_001n, '1700000000000000001'],
  [2n ** 63n - 1n, '9223372036854775807'],
  [-(2n ** 63n), 'null'],
])('hands on the time %s as it is, whether it is one or none', (timeMs, expected) => {
  const bytes = batch({ records: [{ delta: 0, value: 'a' }] });
  resum(bytes, () => [27, 35].map((at) => bytes.writeBigInt64BE(timeMs, at)));
  const lines = new SpoolLines();
  new FetchedRecords(Buffer.from(bytes), []).take(start, lines, limits({}));
  expect(textOf(lines)).toEqual(['a']);
  const envelopes = new SpoolLines();
  new FetchedRecords(bytes, []).take(start, envelopes, limits({ form: envelopeForm }));
  expect(textOf(envelopes)[0]).toContain(`"timestamp":${expected},`);
});

test('takes what is before damage, then says where it is', () => {
  const good = batch({ records: [{ delta: 0, value: 'good' }] });
  const bad = batch({ baseOffset: 1, records: [{ delta: 0, value: 'bad' }] });
  bad[bad.length - 2] = 0xff;
  const fetched = new FetchedRecords(Buffer.concat([good, bad]), []);
  const lines = new SpoolLines();
  const place = fetched.take(start, lines, limits({}));
  expect([place.offset, textOf(lines)]).toEqual([1, ['good']]);
  const again = (): Place => fetched.take(place, new SpoolLines(), limits({}));
  expect(again).toThrow(/at offset 1 a batch of records is damaged: its checksum is/);
  expect(again).toThrow(HeliosError);
});

test('takes what came in an earlier answer than damage, then says where it is', () => {
  const bad = batch({ baseOffset: 1, records: [{ delta: 0, value: 'bad' }] });
  bad[bad.length - 2] = 0xff;
  const reader = new PartitionReader('t', 3);
  reader.startAt(undefined);
  for (const records of [batch({ records: [{ delta: 0, value: 'good' }] }), bad]) {
    const offsets = { highWatermark: 2, lastStableOffset: 2, logStartOffset: 0 };
    const rest = { errorCode: 0, diverging: undefined, aborted: [] };
    reader.accept({ topic: 't', partition: 3, ...offsets, ...rest, records }, 2, 0);
  }
  const lines = new SpoolLines();
  reader.take(lines, limits({}));
  expect([reader.place?.offset, textOf(lines)]).toEqual([1, ['good']]);
  expect(() => reader.take(new SpoolLines(), limits({}))).toThrow(/at offset 1 a batch of/);
});

test.each([
  ['another format', (bytes: Buffer) => bytes.writeInt8(1, 16), 'has the format 1; only 2'],
  ['a length that is none', (bytes: Buffer) => bytes.writeInt32BE(3, 8), 'claims 3 bytes'],
  ['an unknown codec', (bytes: Buffer) => resum(bytes, () => bytes.writeInt16BE(5, 21)), 'codec 5'],
  [
    'more records than offsets',
    (bytes: Buffer) => resum(bytes, () => bytes.writeInt32BE(100, 57)),
    'claims 100 records up to the 0th',
  ],
  [
    'bytes that are not of its codec',
    (bytes: Buffer) => resum(bytes, () => bytes.writeInt16BE(3, 21)),
    'is no lz4',
  ],
  [
    'a record that is longer than the batch',
    (bytes: Buffer) => resum(bytes, () => bytes.writeUInt8(0x7e, 61)),
    'a length of 63',
  ],
])('says that a batch has %s', (_, spoil, message) => {
  const bytes = batch({ records: [{ delta: 0, value: 'value' }] });
  spoil(bytes);
  expect(() => new FetchedRecords(bytes, []).take(start, new SpoolLines(), limits({}))).toThrow(
    message,
  );
});

test('a batch that would become too large is refused before it is unpacked', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const bomb = compressionsAlgorithms.lz4.compressSync(zeros);
  const header = bomb.subarray(0, 7);
  const blocks = Buffer.concat(Array.from({ length: 20 }, () => bomb.subarray(7, bomb.length - 4)));
  const payload = Buffer.concat([header, blocks, Buffer.alloc(4)]);
  const bytes = frame({ attributes: 3, records: [{ delta: 0, value: '' }] }, payload);
  expect(() => new FetchedRecords(bytes, []).take(start, new SpoolLines(), limits({}))).toThrow(
    /would become more than \d+ bytes/,
  );
});

test('whatever the bytes are, it ends with records or a clear error', () => {
  const codecs = fc.constantFrom(0, 1, 2, 3, 4);
  const change = fc.record({ at: fc.nat(2000), to: fc.nat(255) });
  const records = Array.from({ length: 20 }, (_, delta) => ({
    delta,
    key: `k${delta}`,
    value: delta % 5 === 0 ? null : `{"n":${delta}}`,
    headers: [['name', 'value']] as const,
  }));
  const forms = fc.constantFrom(lineForm, envelopeForm);
  fc.assert(
    fc.property(
      codecs,
      fc.array(change, { minLength: 1, maxLength: 5 }),
      forms,
      (codec, changes, form) => {
        const bytes = batch({ codec, records });
        resum(bytes, () => {
          for (const { at, to } of changes) bytes[21 + (at % (bytes.length - 21))] = to;
        });
        const lines = new SpoolLines();
        try {
          const fetched = new FetchedRecords(bytes, []);
          const place = fetched.take(start, lines, limits({ form }));
          expect(place.offset).toBeGreaterThanOrEqual(0);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'corrupt_data' });
        }
      },
    ),
    { numRuns: 500 },
  );
});

function takeAll(
  batches: readonly TrialBatch[],
  aborted: ConstructorParameters<typeof FetchedRecords>[1] = [],
  form: RecordForm = lineForm,
): { readonly lines: readonly string[]; readonly place: Place } {
  const fetched = new FetchedRecords(Buffer.concat(batches.map(batch)), aborted);
  const lines = new SpoolLines();
  const place = fetched.take(start, lines, limits({ form }));
  expect(fetched.isDone).toBe(true);
  return { lines: textOf(lines), place };
}

function limits(
  more: Partial<Parameters<FetchedRecords['take']>[2]>,
): Parameters<FetchedRecords['take']>[2] {
  const none = Number.POSITIVE_INFINITY;
  return { form: lineForm, topic: 't', partition: 3, offsetEnd: none, bytesMax: none, ...more };
}

function textOf(lines: SpoolLines): readonly string[] {
  return Buffer.concat(lines.takeChunks()).toString().split('\n').slice(0, -1);
}

function batch(trial: TrialBatch): Buffer {
  const codec = trial.codec ?? 0;
  const plain = Buffer.concat(trial.records.map(record));
  const algorithm = Object.values(compressionsAlgorithms).find(({ bitmask }) => bitmask === codec);
  const payload = codec === 0 ? plain : (algorithm?.compressSync(plain) ?? plain);
  return frame({ ...trial, attributes: (trial.attributes ?? 0) | codec }, payload);
}

function frame(trial: TrialBatch, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(61 + payload.length);
  bytes.writeBigInt64BE(BigInt(trial.baseOffset ?? 0), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(7, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(trial.attributes ?? 0, 21);
  bytes.writeInt32BE(trial.lastDelta ?? trial.records.at(-1)?.delta ?? 0, 23);
  bytes.writeBigInt64BE(1000n, 27);
  bytes.writeBigInt64BE(2000n, 35);
  bytes.writeBigInt64BE(trial.producerId ?? -1n, 43);
  bytes.writeInt32BE(trial.records.length, 57);
  payload.copy(bytes, 61);
  return resum(bytes, () => undefined);
}

/** Changes a batch, and makes its checksum right. */
function resum(bytes: Buffer, change: () => unknown): Buffer {
  change();
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function record({ delta, key = null, value, headers = [] }: TrialRecord): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(delta),
    sized(key),
    sized(value),
    varint(headers.length),
    ...headers.flatMap(([name, text]) => [sized(name), sized(text)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function sized(text: string | null): Buffer {
  if (text === null) return varint(-1);
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
