import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import { type PartLimits, type PartPlan, planParts } from './part-size.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;
const tib = 1024 ** 4;

test.each<[string, number, PartLimits, PartPlan | undefined]>([
  ['an empty file', 0, { multipartBytesMin: 0 }, undefined],
  ['a file of one part', 16 * mib, {}, undefined],
  ['one byte more', 16 * mib + 1, {}, { partBytes: 16 * mib, count: 2, atOnce: 2 }],
  [
    'larger parts',
    128 * mib,
    { partBytes: 32 * mib },
    { partBytes: 32 * mib, count: 4, atOnce: 2 },
  ],
  [
    'parts that S3 refuses',
    11 * mib,
    { partBytes: 1 },
    { partBytes: 5 * mib, count: 3, atOnce: 3 },
  ],
  ['few parts', 100 * mib, { partsMax: 4 }, { partBytes: 25 * mib, count: 4, atOnce: 2 }],
  ['a huge file', 5 * tib, {}, { partBytes: 549_755_814, count: 10_000, atOnce: 1 }],
  [
    'one part, of more than fits',
    6 * gib,
    { partsMax: 1 },
    { partBytes: 5 * gib, count: 2, atOnce: 1 },
  ],
  ['in one request, though large', 60 * mib, { multipartBytesMin: 5 * gib }, undefined],
  [
    'in parts for its memory',
    64 * mib,
    { multipartBytesMin: 5 * gib },
    { partBytes: 16 * mib, count: 4, atOnce: 3 },
  ],
  [
    'in parts from less than one',
    6 * mib,
    { multipartBytesMin: 5 * mib },
    { partBytes: 16 * mib, count: 1, atOnce: 1 },
  ],
])('%s: %i bytes', (_what, byteLength, limits, expected) => {
  expect(planParts(byteLength, limits)).toEqual(expected);
});

test('parts hold the whole file, within what S3 takes', () => {
  const bytes = fc.integer({ min: 0, max: 5 * tib });
  const limits = fc.record({
    partBytes: fc.option(fc.integer({ min: 1, max: 5 * gib }), { nil: undefined }),
    partsMax: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
    multipartBytesMin: fc.option(fc.integer({ min: 0, max: 5 * gib }), { nil: undefined }),
  });
  fc.assert(
    fc.property(bytes, limits, (byteLength, given) => {
      const plan = planParts(byteLength, given);
      if (plan === undefined) return byteLength <= 5 * gib;
      const { partBytes, count } = plan;
      const last = byteLength - (count - 1) * partBytes;
      return count <= 10_000 && partBytes >= 5 * mib && last > 0 && last <= partBytes;
    }),
  );
});

test('what no store takes is refused', () => {
  expect(() => planParts(5 * tib + 1, {})).toThrow(/S3 takes 5 TiB/);
});
