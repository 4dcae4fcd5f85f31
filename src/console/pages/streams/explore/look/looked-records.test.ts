import { expect, test } from 'vitest';
import { laterThan, lookedRecords, recordsUntil } from './looked-records.ts';

const time = '2026-01-31T08:00:00.000Z';
const record = { partition: '0', position: '7', time, key: null, headers: {} };

test('what is no text is told to be none', () => {
  const records = [
    { ...record, value: { text: '{"a":1}' } },
    { ...record, value: { base64: '/wA=' } },
    { ...record, value: null },
  ];
  const shown = lookedRecords({ records });
  expect(shown.map(({ text, form }) => [text, form])).toEqual([
    ['{"a":1}', undefined],
    ['/wA=', 'base64'],
    ['', 'nothing'],
  ]);
  expect(shown[0]).toMatchObject({ time, partition: '0', position: '7' });
});

const value = null;
const later = '2026-01-31T08:00:01.000Z';
const cases = [
  [[], undefined],
  [[{ ...record, value }], '0:8'],
  [[{ ...record, partition: 'shardId-0', position: '49650000000000000021', value }], undefined],
  [
    [
      { ...record, value },
      { ...record, partition: '1', time: later, value },
    ],
    later,
  ],
] as const;

test.each(cases)('what is later than %j', (records, expected) => {
  expect(laterThan(records)).toBe(expected);
});

test('up to a time, what came at it is there; records without one are, too', () => {
  const at = (arrived: string) => ({ time: arrived });
  const records = [at('2026-01-31T08:00:00Z'), at('2026-01-31T08:00:01.001Z'), at('')];
  expect(recordsUntil(records, '2026-01-31T08:00:01Z')).toEqual([records[0], records[2]]);
  expect(recordsUntil(records, undefined)).toEqual(records);
  expect(recordsUntil(records, 'nonsense')).toEqual(records);
});
