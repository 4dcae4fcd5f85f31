import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { findFailingRows } from './failing-rows.ts';

test('finds exactly the rows that fail, in order, in few attempts', async () => {
  const rows = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.array(fc.nat(299), { maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(rows, async ([count, chosen]) => {
      const failing = new Set(chosen.filter((row) => row < count));
      let attempts = 0;
      const found = await findFailingRows(count, async (from, to) => {
        attempts++;
        const first = [...failing].toSorted((a, b) => a - b).find((row) => row >= from && row < to);
        if (first === undefined) return await Promise.resolve(undefined);
        return new HeliosError('query_failed', `row ${first}`);
      });
      expect(found.map(({ row }) => row)).toEqual([...failing].toSorted((a, b) => a - b));
      for (const { row, error } of found) expect(error.message).toBe(`row ${row}`);
      const levels = Math.ceil(Math.log2(Math.max(2, count))) + 1;
      expect(attempts).toBeLessThanOrEqual(1 + 2 * failing.size * levels);
    }),
    { numRuns: 100 },
  );
});
