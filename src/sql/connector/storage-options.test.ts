import { expect, test } from 'vitest';
import { parseScript } from '../parse-script.ts';

/** What the options of a sink come to: what is handed on, or what is wrong. */
function storageOf(path: string, options: string): unknown {
  const parsed = parseScript(
    `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
     CREATE TABLE lake WITH (connector = 'delta', format = 'parquet', path = '${path}'${options});
     INSERT INTO lake SELECT id FROM events;`,
  );
  if (parsed.kind === 'errors') return parsed.errors.map(({ message }) => message).join(' ');
  const connector = parsed.script.sinks[0]?.connector;
  return connector?.kind === 'delta' ? connector.storage : undefined;
}

test.each<[string, string, unknown]>([
  ['s3://b/t', '', {}],
  [
    's3://b/t',
    ", target_part_size = '32MB', max_parts = 9",
    { part_bytes: '33554432', parts_max: '9' },
  ],
  ['s3://b/t', ", multipart.minimum_multipart_size = '8MB'", { multipart_bytes_min: '8388608' }],
  ['s3://b/t', ", storage.conditional_writes = 'none'", { conditional_writes: 'none' }],
  [
    's3://b/t',
    ", storage.sse = 'aws:kms', storage.sse_kms_key_id = 'k'",
    { sse: 'kms', sse_kms_key_id: 'k' },
  ],
  [
    's3://b/t',
    ", storage.r2_access_key_id = 'env:A', storage.r2_secret_access_key = 'env:B'",
    {
      aws_access_key_id: 'env:A',
      aws_secret_access_key: 'env:B',
    },
  ],
  ['s3://b/t', ", storage.ca = 'file:/ca.pem'", { ca: 'file:/ca.pem' }],
  ['/t', ", target_part_size = '32MB', max_parts = 9", {}],
])('at %j the options %j are handed on as they are meant', (path, options, expected) => {
  expect(storageOf(path, options)).toEqual(expected);
});

test.each<[string, string, RegExp]>([
  ['s3://b/t', ", target_part_size = '1MB'", /Parts of 1048576 bytes are none that S3 takes/],
  ['s3://b/t', ", target_part_size = '6GB'", /Parts of 6442450944 bytes/],
  ['s3://b/t', ', max_parts = 20000', /max_parts = 20000 is out of range/],
  ['s3://b/t', ", storage.conditional_writes = 'no'", /conditional_writes/],
  ['s3://b/t', ", storage.aws_secret_access_key = 'hunter2'", /plain text/],
  ['s3://b/t', ", storage.ca = '/ca.pem'", /plain text/],
  ['s3://b/t', ", storage.sse_kms_key_id = 'k'", /goes with storage.sse/],
  ['/t', ", storage.conditional_writes = 'none'", /on this machine/],
])('at %j the options %j are refused in words', (path, options, text) => {
  expect(storageOf(path, options)).toMatch(text);
});
