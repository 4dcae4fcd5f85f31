import { expect, test } from 'vitest';
import { parseScript } from '../../sql/parse-script.ts';
import type { SourceTable } from '../../sql/script.ts';
import { metadataOf } from './place-metadata.ts';

function sourceOf(options: string): SourceTable {
  const parsed = parseScript(`CREATE TABLE s (id BIGINT)
      WITH (${options}, format = 'json', type = 'source');
    CREATE TABLE t WITH (connector = 'blackhole', type = 'sink'); INSERT INTO t SELECT * FROM s;`);
  const source = parsed.kind === 'ok' ? parsed.script.sources[0] : undefined;
  if (source === undefined) throw new Error(JSON.stringify(parsed));
  return source;
}

const kafka = sourceOf("connector = 'kafka', connection_profile = 'k', topic = 's'");
const kinesis = sourceOf("connector = 'kinesis', aws_region = 'eu-west-1', stream_name = 's'");
const http = sourceOf("connector = 'http', stream = 's'");

test.each<[SourceTable, string, string, string | undefined, Record<string, unknown>]>([
  [kafka, 'a-b/7', '12', undefined, { offset_id: 12, partition: 7, topic: 'a-b' }],
  [
    ...([kafka, 'a/0', '1', '{"timestamp":9007199254740993,"key":null,"topic":"a"}'] as const),
    { offset_id: 1, partition: 0, topic: 'a', timestamp: 9007199254740993n, key: null },
  ],
  [
    ...([kinesis, 'shardId-000000000001', '49~1738310400123', undefined] as const),
    { sequence_number: '49', shard_id: 'shardId-000000000001', timestamp: 1738310400123 },
  ],
  [kinesis, 'shardId-0', '49', undefined, { sequence_number: '49', shard_id: 'shardId-0' }],
  [http, '0', '17', undefined, {}],
])('what stood beside a record at %#', (table, partition, position, kept, expected) => {
  expect(metadataOf(table, { partition, position }, kept)).toEqual(expected);
});
