import { expect, test } from 'vitest';
import { partitionNames, passageKind } from './passage-kind.ts';

const sequence = '49590338271490256608559692538361571095921575989136588898';
const cases: readonly (readonly [string, string | undefined, string, string])[] = [
  ['http', '120', '100', 'read'],
  ['http', '100', '100', 'ahead'],
  ['http', undefined, '0', 'ahead'],
  ['http', '120', '?', 'unknown'],
  ['kafka', '8@2@0c8b2f3e-0000-0000-0000-000000000001', '7', 'read'],
  ['kafka', '8@-', '8', 'ahead'],
  ['kafka', undefined, '8', 'unknown'],
  ['kinesis', sequence, sequence, 'read'],
  ['kinesis', `<${sequence}`, sequence, 'ahead'],
  ['kinesis', `${sequence}~1700000000000`, `${sequence.slice(0, -1)}9`, 'ahead'],
  ['kinesis', 'END~1700000000000', sequence, 'read'],
  ['kinesis', 'START~1700000000000', sequence, 'ahead'],
  ['kinesis', '@1700000000000', sequence, 'unknown'],
];

test.each(cases)('%s read up to %s: the record at %s is %s', (connector, read, at, expected) => {
  expect(passageKind(connector, read, at)).toBe(expected);
});

test('a partition of a topic has the topic before it, also where the stream has another name', () => {
  expect(partitionNames('1', ['orders', 'orders'])).toEqual(['1', 'orders/1']);
  expect(partitionNames('1', ['mine', 'topic'])).toEqual(['1', 'mine/1', 'topic/1']);
  expect(partitionNames('1', ['a', 'a', 'b'])).toEqual(['1', 'a/1']);
});
