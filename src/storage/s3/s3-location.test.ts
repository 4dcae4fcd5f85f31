import { expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { parseS3Url, printS3Location } from './s3-location.ts';

const none = { endpoint: undefined, region: undefined, isPathStyle: false };

test.each([
  ['s3://lake', { ...none, bucket: 'lake', prefix: '' }],
  ['s3://lake/', { ...none, bucket: 'lake', prefix: '' }],
  ['s3a://lake/a/b/', { ...none, bucket: 'lake', prefix: 'a/b' }],
  ['s3://my.lake/a', { ...none, bucket: 'my.lake', prefix: 'a', isPathStyle: true }],
  [
    's3::http://127.0.0.1:9000/lake/a=1/b',
    {
      bucket: 'lake',
      prefix: 'a=1/b',
      endpoint: 'http://127.0.0.1:9000',
      region: undefined,
      isPathStyle: true,
    },
  ],
  [
    'https://lake.s3.eu-central-1.amazonaws.com/a',
    { ...none, bucket: 'lake', prefix: 'a', region: 'eu-central-1' },
  ],
  [
    'https://s3.eu-central-1.amazonaws.com/lake/a%20b',
    { ...none, bucket: 'lake', prefix: 'a b', region: 'eu-central-1' },
  ],
  ['https://lake.s3.amazonaws.com/a', { ...none, bucket: 'lake', prefix: 'a' }],
  [
    'r2://account@lake/a',
    {
      bucket: 'lake',
      prefix: 'a',
      endpoint: 'https://account.r2.cloudflarestorage.com',
      region: 'auto',
      isPathStyle: true,
    },
  ],
])('%s is understood', (text, expected) => {
  expect(parseS3Url(text)).toEqual(expected);
  const printed = printS3Location(parseS3Url(text));
  expect(parseS3Url(printed)).toMatchObject({ bucket: expected.bucket, prefix: expected.prefix });
});

test.each([
  ['s3://', /names no bucket/],
  ['s3:///a', /names no bucket/],
  ['s3://b', /no store can have/],
  ['s3://lake/a/../b', /".."/],
  ['s3://lake//a', /empty part/],
  ['s3://lake/a?s3_endpoint=127.0.0.1', /a query/],
  ['s3::http://key:secret@host/lake', /holds credentials/],
  ['s3::ftp://host/lake', /not a URL of S3/],
  ['https://example.com/lake', /not known to be one of S3/],
  ['gs://lake/a', /Google Cloud Storage/],
  ['abfss://lake@account/a', /Azure/],
])('%s is refused', (text, message) => {
  expect(() => parseS3Url(text)).toThrow(HeliosError);
  expect(() => parseS3Url(text)).toThrow(message);
  expect(() => parseS3Url(text)).not.toThrow(/secret@/);
});
