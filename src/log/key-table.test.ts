import { createHash } from 'node:crypto';
import { fc } from '../../test/properties.ts';
import { expect, test } from 'vitest';
import { KeyTable } from './key-table.ts';

function hash(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, 16);
}

const ageMaxMs = 100;

/** Keys are few, so that they come again; time goes on by steps. */
const steps = fc.array(
  fc.record({ key: fc.nat(40), body: fc.nat(2), stepMs: fc.nat(9), isExpiring: fc.boolean() }),
  { maxLength: 300 },
);

test('finds what a map of the last while would find', () => {
  fc.assert(
    fc.property(steps, (requests) => {
      const table = new KeyTable(ageMaxMs, 10);
      const model = new Map<number, { body: number; from: number; arrivedAtMs: number }>();
      let nowMs = 0;
      for (const [from, { key, body, stepMs, isExpiring }] of requests.entries()) {
        nowMs += stepMs;
        if (isExpiring) table.expire(nowMs);
        const found = table.find(hash(`${key}`), hash(`${body}`), nowMs);
        const known = model.get(key);
        const isKnown = known !== undefined && known.arrivedAtMs + ageMaxMs > nowMs;
        expect(found).toEqual(
          isKnown
            ? {
                partition: 3,
                from: known.from,
                to: known.from + 7,
                isSameBody: known.body === body,
              }
            : undefined,
        );
        if (isKnown) continue;
        const entry = { partition: 3, from, byteLength: 7, arrivedAtMs: nowMs };
        table.add({ keyHash: hash(`${key}`), bodyHash: hash(`${body}`), ...entry });
        model.set(key, { body, from, arrivedAtMs: nowMs });
      }
    }),
  );
});

test('grows, and gives room back as keys expire', () => {
  const table = new KeyTable(ageMaxMs, 5000);
  for (let number = 0; number < 5000; number++) {
    const entry = { partition: 0, from: number * 2 ** 30, byteLength: 1, arrivedAtMs: number };
    table.add({ keyHash: hash(`${number}`), bodyHash: hash(''), ...entry });
  }
  expect(table.count).toBe(5000);
  expect(table.find(hash('4999'), hash(''), 4999)).toMatchObject({ from: 4999 * 2 ** 30 });
  table.expire(5000);
  expect(table.count).toBe(99);
  expect(table.find(hash('4900'), hash(''), 4999)).toBeUndefined();
  expect(table.find(hash('4901'), hash(''), 4999)).toMatchObject({ isSameBody: true });
});
