import { expect, test } from 'vitest';
import { formatOf } from './accept.ts';

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['text/csv', 'csv'],
  ['TEXT/CSV; charset=utf-8', 'csv'],
  ['application/json;q=0.5, application/x-ndjson', 'ndjson'],
  ['application/vnd.apache.parquet', 'parquet'],
  ['application/vnd.apache.arrow.stream', 'arrow'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'json'],
  ['text/csv;q=0, application/json;q=0.1', 'json'],
])('Accept %j asks for %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format);
});

test.each(['text/html', 'application/xml;q=0.9', 'text/csv;q=0', 'nonsense'])(
  'Accept %j is refused with the formats there are',
  (accept) => {
    expect(() => formatOf(accept)).toThrow(
      expect.objectContaining({
        code: 'not_acceptable',
        hint: expect.stringContaining('text/csv'),
      }),
    );
  },
);
