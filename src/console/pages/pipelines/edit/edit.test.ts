import { expect, test } from 'vitest';
import { emptyPreview, withLine } from './preview-lines.ts';

test('a preview gathers rows by table, rejected records and its end', () => {
  const rejected = {
    kind: 'rejected',
    source: 's',
    code: 'not_an_object',
    message: 'm',
    raw: '1',
  } as const;
  const lines = [
    { kind: 'columns', sink: 'a', columns: [{ name: 'x', type: 'BIGINT' }] },
    { kind: 'columns', sink: 'b', columns: [] },
    { kind: 'rows', sink: 'a', rows: [['1'], ['2']] },
    ...Array.from({ length: 60 }, () => rejected),
    { kind: 'rows', sink: 'a', rows: [['3']] },
    { kind: 'end', row_count: 3, rejected_count: 60, reason: 'timeout' },
  ] as const;
  const preview = lines.reduce(withLine, emptyPreview);
  expect(preview.sinks.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['a', 3],
    ['b', 0],
  ]);
  expect([preview.rejected.length, preview.rejectedCount]).toEqual([50, 60]);
  expect(preview.end?.reason).toBe('timeout');
});

test('a failure midway keeps what came before', () => {
  const rows = withLine(
    { ...emptyPreview, sinks: [{ name: 'a', columns: [], rows: [] }] },
    { kind: 'rows', sink: 'a', rows: [[1]] },
  );
  const failed = withLine(rows, { error: { code: 'internal', message: 'm', id: '' } });
  expect([failed.sinks[0]?.rows.length, failed.error?.message]).toEqual([1, 'm']);
});
