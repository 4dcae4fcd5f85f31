import { randomUUID } from 'node:crypto';
import { fc } from '../../../test/properties.ts';
import { describe, expect, test } from 'vitest';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import { decodeBase85 } from './base85.ts';
import { parseDescriptor } from './descriptor.ts';
import { readDeletionVector } from './read-vector.ts';
import { decodeRoaring, type RowRange } from './roaring.ts';
import {
  encodeBase85,
  encodeRoaring,
  inlineDescriptor,
  type ContainerKind,
  vectorFile,
} from './vector-fixture.ts';

const where = 'of the test';

describe('a 64-bit bitmap', () => {
  const forms: readonly (readonly [string, readonly number[], ContainerKind])[] = [
    ['empty', [], 'array'],
    ['one row', [0], 'array'],
    ['an array', [3, 4, 5, 9, 65_535], 'array'],
    ['two containers', [65_535, 65_536, 131_071], 'array'],
    ['bits', Array.from({ length: 9000 }, (_, index) => index * 7), 'bits'],
    ['runs', [...range(10, 500), ...range(65_530, 65_545), ...range(400_000, 400_001)], 'runs'],
    ['runs of five containers', [...range(10, 300_000)], 'runs'],
    ['rows beyond 32 bits', [7, 2 ** 32 + 5, 2 ** 40], 'array'],
  ];

  test.each(forms)('of %s', (_name, rows, kind) => {
    const bytes = encodeRoaring(rows, kind);
    expect(rowsOf(decodeRoaring(bytes, { cardinality: rows.length, where }))).toEqual(rows);
  });

  test('of any rows, in any form', () => {
    const rows = fc.uniqueArray(fc.integer({ min: 0, max: 200_000 }), { maxLength: 300 });
    fc.assert(
      fc.property(rows, fc.constantFrom<ContainerKind>('array', 'runs'), (some, kind) => {
        const sorted = some.toSorted((left, right) => left - right);
        const bytes = encodeRoaring(sorted, kind);
        expect(rowsOf(decodeRoaring(bytes, { cardinality: some.length, where }))).toEqual(sorted);
      }),
      { numRuns: 50 },
    );
  });

  test('that isn’t whole is refused, wherever it ends', () => {
    const bytes = encodeRoaring([...range(0, 20), 70_000], 'runs');
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      expect(() => decodeRoaring(cut, { cardinality: 22, where })).toThrow(/is damaged/);
    }
    expect(() => decodeRoaring(bytes, { cardinality: 23, where })).toThrow(
      'The deletion vector of the test is damaged: it holds 22 rows, and should hold 23.',
    );
  });

  test('in the older format is refused', () => {
    const bytes = encodeRoaring([1], 'array');
    bytes.writeUInt32LE(1_681_511_376, 0);
    expect(() => decodeRoaring(bytes, { cardinality: 1, where })).toThrow(
      'its format is 1681511376',
    );
  });
});

describe('base 85', () => {
  test('is as its specification has it', () => {
    expect(decodeBase85('HelloWorld')?.toString('hex')).toBe('864fd26fb559f75b');
    expect(encodeBase85(Buffer.from('864fd26fb559f75b', 'hex'))).toBe('HelloWorld');
  });

  test.each(['Hell', 'Hel o', 'Hel"o', '#####'])('%j is not', (text) => {
    expect(decodeBase85(text)).toBeUndefined();
  });
});

describe('a vector', () => {
  const storage = new MemoryStorage();
  const openSibling = async (location: string): Promise<MemoryStorage> => {
    expect(location).toBe('s3://elsewhere/t');
    return storage;
  };
  const place = { storage, openSibling };

  test('in the log itself', async () => {
    const descriptor = inlineDescriptor([3, 4, 7]);
    expect(rowsOf(await readDeletionVector(descriptor, place))).toEqual([3, 4, 7]);
  });

  test('among others in a file below the table, and in one elsewhere', async () => {
    const uuid = randomUUID();
    const { bytes, places } = vectorFile([[1], [2, 5], [...range(0, 99)]]);
    await storage.put(`ab/deletion_vector_${uuid}.bin`, bytes);
    await storage.put('v.bin', bytes);
    const name = encodeBase85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    for (const [index, rows] of [[1], [2, 5], [...range(0, 99)]].entries()) {
      const facts = { ...places[index]!, cardinality: rows.length };
      const below = { storageType: 'u', pathOrInlineDv: `ab${name}`, ...facts } as const;
      expect(rowsOf(await readDeletionVector(below, place))).toEqual(rows);
      const elsewhere = {
        ...below,
        storageType: 'p',
        pathOrInlineDv: 's3://elsewhere/t/v.bin',
      } as const;
      expect(rowsOf(await readDeletionVector(elsewhere, place))).toEqual(rows);
    }
  });

  test('with another checksum, length or end is refused, and so is one that is gone', async () => {
    const uuid = randomUUID();
    const path = `deletion_vector_${uuid}.bin`;
    const { bytes, places } = vectorFile([[1, 2]]);
    const pathOrInlineDv = encodeBase85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    const descriptor = { storageType: 'u', pathOrInlineDv, cardinality: 2, ...places[0]! } as const;
    await expect(readDeletionVector(descriptor, place)).rejects.toMatchObject({
      code: 'not_found',
    });
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 6]! ^= 1;
    await storage.put(path, flipped);
    await expect(readDeletionVector(descriptor, place)).rejects.toThrow('its CRC is wrong');
    await storage.put(path, bytes.subarray(0, bytes.length - 1));
    await expect(readDeletionVector(descriptor, place)).rejects.toThrow('ends before it does');
    await storage.put(path, bytes);
    const longer = { ...descriptor, sizeInBytes: descriptor.sizeInBytes - 1 };
    await expect(readDeletionVector(longer, place)).rejects.toThrow(/and should have/);
  });

  test.each([{}, { storageType: 'u' }, { storageType: 'i', pathOrInlineDv: 'x', sizeInBytes: -1 }])(
    'described by %j is refused',
    (json) => {
      expect(() => parseDescriptor(json, 'f.parquet')).toThrow(/f\.parquet/);
    },
  );
});

function rowsOf(ranges: readonly RowRange[]): readonly number[] {
  return ranges.flatMap(({ first, last }) => [...range(first, last)]);
}

function* range(first: number, last: number): Generator<number> {
  for (let value = first; value <= last; value++) yield value;
}
