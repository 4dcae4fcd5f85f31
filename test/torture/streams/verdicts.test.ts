import { expect, test } from 'vitest';
import { isGood } from '../judge.ts';
import type { Entry } from '../ledger.ts';
import { badIdOf } from './events.ts';
import { type Found, parseCopy, parseRejected, type Outcome, type Rejected } from './outcome.ts';
import { disorder, judgeOutcome, type Sent } from './verdicts.ts';

test.each([
  [
    'one key after the other',
    [
      [1, 'a'],
      [3, 'a'],
      [2, 'b'],
    ],
    0,
  ],
  [
    'keys between each other',
    [
      [1, 'a'],
      [5, 'b'],
      [2, 'a'],
    ],
    0,
  ],
  [
    'a later event first',
    [
      [2, 'a'],
      [1, 'a'],
    ],
    1,
  ],
] as const)('order of keys: %s', (_name, rows, faults) => {
  const found = rows.map(([id, key]) => ({ id, key }));
  expect(disorder('rows', found)).toHaveLength(faults);
});

function entry(ids: Partial<Entry['request']>, isAcknowledged = true): Entry {
  return {
    request: { number: 0, key: undefined, goodIds: [], badIds: [], ...ids },
    isAcknowledged,
  };
}

const sent: Sent = {
  entries: [
    entry({ goodIds: [1, 2, 3], badIds: [4] }),
    entry({ goodIds: [5], badIds: [6] }, false),
  ],
  atomic: [entry({ goodIds: [10, 11] }, false)],
};
/** Shard `d` came of `c`, which came of `a` and `b`. */
const parents = new Map([
  ['c', ['a', 'b']],
  ['d', ['c']],
]);

const row = (id: number, part: string, place: bigint, key = `k${id}`): Found => ({
  id,
  part,
  place,
  key,
});
const bad = (id: number | undefined, part: string, place: bigint): Rejected => ({
  id,
  part,
  place,
  text: id === undefined ? '\0\0\0\0\0\u0001' : `{"id": ${id}, "key": 7}`,
});
const rows = [row(1, 'a', 1n, 'k'), row(2, 'b', 2n), row(3, 'd', 3n, 'k')];
const right: Outcome = { rows, rejected: [bad(4, 'a', 2n)], copied: rows, faults: [] };

/** Rows of the table, which the file has too. */
function rowsAnd(...more: readonly Found[]): Partial<Outcome> {
  return { rows: [...rows, ...more], copied: [...rows, ...more] };
}

test.each<[string, Partial<Outcome>]>([
  ['exactly what was acknowledged', {}],
  ['without a file', { copied: undefined }],
  ['some of what was not acknowledged', rowsAnd(row(5, 'd', 4n))],
  ['a bad event that was not acknowledged', { rejected: [bad(4, 'a', 2n), bad(6, 'b', 4n)] }],
  ['a whole transaction of unknown fate', rowsAnd(row(10, 'd', 4n), row(11, 'd', 5n))],
])('good: %s', (_name, outcome) => {
  const verdicts = judgeOutcome({ ...right, ...outcome }, sent, parents);
  expect(verdicts.filter((verdict) => !isGood(verdict))).toEqual([]);
});

const [first, second, third] = rows as [Found, Found, Found];

test.each<[string, Partial<Outcome>, string, object]>([
  ['a lost row', { rows: rows.slice(1) }, 'everything', { lost: 1 }],
  ['a lost line', { copied: rows.slice(1) }, 'copy.ndjson', { lost: 1 }],
  ['a bad event that is nowhere', { rejected: [] }, 'quarantine', { lost: 1 }],
  ['a record that was read twice', rowsAnd(third), 'places in the stream', { doubled: 1 }],
  ['a row twice', rowsAnd(third), 'everything', { doubled: 1 }],
  ['one event at two places', rowsAnd(row(3, 'd', 4n, 'k')), 'everything', { doubled: 1 }],
  ['two events at one place', rowsAnd(row(5, 'd', 3n)), 'places in the stream', { doubled: 1 }],
  [
    'a record that is in quarantine twice',
    { rejected: [bad(4, 'a', 2n), bad(4, 'a', 2n)] },
    'quarantine',
    { doubled: 1 },
  ],
  [
    'a record that is a row and in quarantine',
    { rejected: [bad(4, 'a', 2n), bad(6, 'd', 3n)] },
    'places in the stream',
    { doubled: 1 },
  ],
  ['a row that nobody sent', rowsAnd(row(7, 'd', 4n)), 'everything', { phantom: 1 }],
  ['a row of a bad event', rowsAnd(row(4, 'd', 4n)), 'everything', { phantom: 1 }],
  [
    'a good event in quarantine',
    { rejected: [bad(4, 'a', 2n), bad(5, 'b', 4n)] },
    'quarantine',
    { phantom: 1 },
  ],
  [
    'records in quarantine that nobody sent',
    { rejected: [bad(4, 'a', 2n), bad(undefined, 'b', 4n), bad(undefined, 'b', 5n)] },
    'quarantine',
    { phantom: 2, faults: [expect.stringMatching(/^2 records that nobody sent, .* at b 4$/)] },
  ],
  ['a part of a transaction', rowsAnd(row(10, 'd', 4n)), 'everything', { torn: 1 }],
  [
    'events of a key whose places are in another order',
    { rows: [row(3, 'a', 1n, 'k'), second, row(1, 'a', 3n, 'k')] },
    'everything',
    { faults: [expect.stringContaining('out of order, the first 1 of k after 3')] },
  ],
  [
    'lines of a key in another order',
    { copied: [third, second, first] },
    'copy.ndjson',
    { faults: expect.arrayContaining([expect.stringContaining('1 of k after 3')]) },
  ],
  [
    'lines of a partition in another order',
    { ...rowsAnd(row(5, 'd', 1n)) },
    'copy.ndjson',
    { faults: [expect.stringContaining('d 1 after 3')] },
  ],
  [
    'lines of a shard behind those of what came of its child',
    { copied: [first, third, second] },
    'copy.ndjson',
    { faults: [expect.stringContaining('b 2 after records of d')] },
  ],
  [
    'a line at another place than the row',
    { copied: [first, second, { ...third, place: 4n }] },
    'copy.ndjson',
    { faults: ['the table alone has 3 k d 3', 'the file alone has 3 k d 4'] },
  ],
  [
    'a row without its line, though nobody knows whether it was sent',
    { rows: [...rows, row(5, 'd', 4n)] },
    'copy.ndjson',
    { faults: ['the table alone has 5 k5 d 4'] },
  ],
  ['a table with a broken log', { faults: ['gaps'] }, 'everything', { faults: ['gaps'] }],
])('found: %s', (_name, outcome, what, wrong) => {
  const verdicts = judgeOutcome({ ...right, ...outcome }, sent, parents);
  const verdict = verdicts.find((one) => one.what === what);
  expect(verdict).toMatchObject(wrong);
  expect(verdict && isGood(verdict)).toBe(false);
});

test('lines of the file have their place, and torn ones are counted', () => {
  const lines = [
    '{"id":1,"key":"p0-1-0","part":3,"place":17}',
    '{"id":2,"key":"p0-1-0","part":"shardId-000000000001","place":"496"}',
  ];
  expect(parseCopy(`${lines.join('\n')}\n`)).toEqual({
    copied: [row(1, '3', 17n, 'p0-1-0'), row(2, 'shardId-000000000001', 496n, 'p0-1-0')],
    faults: [],
  });
  expect(parseCopy(`${lines[0]}\n{"id":2,`).faults).toEqual(['copy.ndjson has 2 torn lines']);
  expect(parseCopy(lines.join('\n')).faults).toEqual(['copy.ndjson has 1 torn lines']);
});

test.each([
  ['{"id": 5, "key": "torn', 5],
  ['{"id": 5, "key": 7}', 5],
  ['{"id": 5, "key": 7} ', undefined],
  ['{"id":5,"key":"p0-1-0","text":"event 5"}', undefined],
  ['\0\0\0\0\0\u0001', undefined],
  ['', undefined],
])('only the bytes of bad events are theirs: %j', (text, id) => {
  expect(badIdOf(text)).toBe(id);
  const hex = Buffer.from(text).toString('hex');
  expect(parseRejected(`tortured/2 17 ${hex}`)).toEqual({ part: '2', place: 17n, id, text });
  expect(parseRejected(`shardId-01 496~1700 ${hex}`)).toMatchObject({ place: 496n, id });
});
