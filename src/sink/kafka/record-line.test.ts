import { expect, test } from 'vitest';
import { readRecordLine } from './record-line.ts';

test.each([
  ['-\t-\t{"a":1}', false, undefined, undefined, '{"a":1}'],
  ['azE=\t1700\t{}', false, 'k1', 1700, '{}'],
  ['\t0\t{"t":"\\t"}', false, '', 0, '{"t":"\\t"}'],
  ['-\t-\t-', true, undefined, undefined, undefined],
  ['-\t-\t', true, undefined, undefined, ''],
  ['-\t-\tYQpi', true, undefined, undefined, 'a\nb'],
])('%j', (line, isText, key, timestampMs, value) => {
  const bytes = Buffer.from(`before\n${line}\n`);
  const row = readRecordLine(bytes, { from: 7, to: bytes.length - 1, isText });
  expect(row.key?.toString()).toBe(key);
  expect(row.timestampMs).toBe(timestampMs);
  const field = row.value;
  expect(field?.bytes.toString('utf8', field.from, field.to)).toBe(value);
});
