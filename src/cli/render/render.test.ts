import { describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { parseBytes, parseDurationMs, parseShare } from '../quantity.ts';
import { failureDocument, renderFailure } from './failure.ts';
import { byteText, durationText } from './numbers.ts';
import { ProgressLine, progressText } from './progress.ts';
import { renderTable } from './table.ts';
import { cutToWidth, displayWidth, printable } from './width.ts';

const plain = { widthMax: undefined, dim: (text: string) => text };

test('a table has names, types, values; numbers stand right, NULL is marked', () => {
  const columns = [
    { name: 'name', type: 'VARCHAR' },
    { name: 'views', type: 'BIGINT' },
  ];
  const dim = (text: string): string => text.replace('NULL', '<NULL>');
  const text = renderTable(
    columns,
    [
      ['tent', '12'],
      [null, '3'],
      ['日本', null],
    ],
    { ...plain, dim },
  );
  expect(text).toBe(
    `┌─────────┬────────┐
│ name    │ views  │
│ VARCHAR │ BIGINT │
├─────────┼────────┤
│ tent    │     12 │
│ <NULL>    │      3 │
│ 日本    │   <NULL> │
└─────────┴────────┘
`.replace('│ views  │', '│  views │'),
  );
});

describe('a table fits the terminal', () => {
  const columns = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
  const rows = [['x'.repeat(50), 'y'.repeat(20), 'z', 'w'.repeat(30)]];
  test.each([120, 80, 50, 37])('%i columns wide', (widthMax) => {
    const lines = renderTable(columns, rows, { ...plain, widthMax })
      .trimEnd()
      .split('\n');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(widthMax);
    expect(lines).toHaveLength(5);
  });
  test('columns that cannot fit are named', () => {
    const text = renderTable(columns, rows, { ...plain, widthMax: 20 });
    expect(text).toContain('2 columns did not fit: c, d');
  });
});

test.each([
  ['plain', 5],
  ['日本語', 6],
  ['😀', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
])('%s is %i columns wide', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('text is cut with an ellipsis, never in a character', () => {
  expect(cutToWidth('abcdef', 4)).toBe('abc…');
  expect(cutToWidth('日本語', 4)).toBe('日…');
});

test('nothing in data can steer the terminal', () => {
  expect(printable('a\u001b[2Jb\nc\u009b\u202e')).toBe('a\\u001b[2Jb\\nc\\u009b\\u202e');
});

test('a failure says what, where with a caret, and what to do', () => {
  const error = new HeliosError('invalid_sql', 'Table shop_event does not exist.', {
    hint: 'Did you mean shop_events?',
    position: { line: 2, column: 7, length: 10 },
    details: { id: 'req-1' },
  });
  const source = { name: 'query.sql', text: 'select *\n\tfrom shop_event', lineStart: 5 };
  const text = renderFailure(error, { source, isDebug: false, paint: (_look, part) => part });
  expect(text).toBe(`error: Table shop_event does not exist.
  at query.sql:6:7
    |
  6 | \tfrom shop_event
    | \t     ^^^^^^^^^^
hint: Did you mean shop_events?
  id: req-1 (in Helios's log)`);
});

test('a stack is shown only on request, with its causes', () => {
  const error = new HeliosError('internal', 'Broken.', { cause: new Error('deep') });
  const options = { source: undefined, paint: (_look: string, part: string) => part };
  expect(renderFailure(error, { ...options, isDebug: false })).toBe('error: Broken.');
  expect(renderFailure(error, { ...options, isDebug: true })).toContain('caused by: Error: deep');
  expect(JSON.parse(failureDocument(error))).toEqual({
    v: 1,
    error: { code: 'internal', message: 'Broken.' },
  });
});

test.each([
  [{ count: 0, unit: 'rows' }, '2.0s · running'],
  [{ count: 1_000_000, unit: 'rows' }, '2.0s · 1,000,000 rows · 500,000 rows/s'],
  [{ count: 10, unit: 'rows', percent: 41.7 }, '2.0s · 10 rows · 5 rows/s · about 41 %'],
])('progress %j', (progress, text) => {
  expect(progressText(progress, 2_000)).toBe(text);
});

const never = (): Promise<never> => Promise.withResolvers<never>().promise;

test('the progress line waits two seconds and is taken away', () => {
  let nowMs = 0;
  let written = '';
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: never };
  const line = new ProgressLine(clock, (text) => void (written += text));
  nowMs = 1_999;
  line.show();
  expect(written).toBe('');
  nowMs = 2_000;
  line.show();
  expect(written).toContain('2.0s');
  line.stop();
  expect(written.endsWith('\r\u001b[2K')).toBe(true);
});

test.each([
  ['7d', 604_800_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['7', undefined],
  ['7y', undefined],
  ['', undefined],
])('duration %s', (text, expected) => {
  expect(valueOf(() => parseDurationMs(text))).toBe(expected);
});

test.each([
  ['10GB', 10 * 1024 ** 3],
  ['1.5 MiB', 1.5 * 1024 ** 2],
  ['4096', 4096],
  ['4k', 4096],
  ['GB', undefined],
  ['10XB', undefined],
])('size %s', (text, expected) => {
  expect(valueOf(() => parseBytes(text))).toBe(expected);
});

test.each([
  ['5%', 0.05],
  ['0.05', 0.05],
  ['.5', 0.5],
  ['2', undefined],
  ['half', undefined],
])('share %s', (text, expected) => {
  expect(valueOf(() => parseShare(text))).toBe(expected);
});

test('sizes and durations are short', () => {
  expect([byteText(0), byteText(1_023), byteText(1_536), byteText(5 * 1024 ** 4)]).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '5.0 TiB',
  ]);
  expect([durationText(12), durationText(1_500), durationText(90_061_000)]).toEqual([
    '12ms',
    '1.5s',
    '1d 1h',
  ]);
});

function valueOf<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
