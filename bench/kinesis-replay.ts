/**
 * A Kinesis that only gives: a stream whose shards fill at a fixed rate with the lines of a file,
 * over and over. Emulators can't put, or give, ten megabytes a second on this kind of machine.
 *
 *     node bench/kinesis-replay.ts --file EVENTS.ndjson --shards 10 --rate 3500
 *
 * The rate is events a second and shard. Prints its endpoint, and serves until its stdin ends.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: '' },
    shards: { type: 'string', default: '10' },
    rate: { type: 'string', default: '3500' },
  },
});
const shardCount = Number(values.shards);
const eventsPerMs = Number(values.rate) / 1000;
/** What one GetRecords gives at most. */
const recordsMax = 10_000;
const data = readFileSync(values.file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => Buffer.from(line).toString('base64'));
const startedAtMs = Date.now();
/** Sequence numbers are as long as real ones. */
const numberStart = 49_680_479_345_307_362_170_183_907_292_978_850_417_475_592_718_000_000_000n;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Readonly<Record<string, string>>;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(answer(action, body));
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

function answer(action: string, body: Readonly<Record<string, string>>): string {
  switch (action) {
    case 'DescribeStreamSummary':
      return JSON.stringify({
        StreamDescriptionSummary: {
          StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/replay',
          StreamStatus: 'ACTIVE',
          RetentionPeriodHours: 24,
          StreamCreationTimestamp: Math.floor(startedAtMs / 1000),
        },
      });
    case 'ListShards':
      return JSON.stringify({ Shards: Array.from({ length: shardCount }, (_, at) => shard(at)) });
    case 'GetShardIterator':
      return JSON.stringify({ ShardIterator: String(iteratorStart(body)) });
    case 'GetRecords':
      return records(Number(body['ShardIterator']));
    default:
      throw new Error(`${action} is not played`);
  }
}

function shard(at: number): object {
  const width = 2n ** 128n / BigInt(shardCount);
  const isLast = at === shardCount - 1;
  const end = isLast ? 2n ** 128n - 1n : width * BigInt(at + 1) - 1n;
  return {
    ShardId: `shardId-${String(at).padStart(12, '0')}`,
    HashKeyRange: {
      StartingHashKey: String(width * BigInt(at)),
      EndingHashKey: String(end),
    },
    SequenceNumberRange: { StartingSequenceNumber: String(numberStart) },
  };
}

function iteratorStart(body: Readonly<Record<string, string>>): number {
  const after = body['StartingSequenceNumber'];
  return after === undefined ? 0 : Number(BigInt(after) - numberStart) + 1;
}

function records(from: number): string {
  const nowMs = Date.now();
  const available = Math.floor((nowMs - startedAtMs) * eventsPerMs);
  const to = Math.min(available, from + recordsMax);
  const parts: string[] = [];
  for (let at = from; at < to; at++) {
    const arrivedAt = ((startedAtMs + at / eventsPerMs) / 1000).toFixed(3);
    parts.push(
      `{"SequenceNumber":"${numberStart + BigInt(at)}","PartitionKey":"key-${at % 1000}",` +
        `"ApproximateArrivalTimestamp":${arrivedAt},"Data":"${data[at % data.length]}"}`,
    );
  }
  const behindMs = Math.max(0, Math.round((available - to) / eventsPerMs));
  return (
    `{"NextShardIterator":"${Math.max(from, to)}","MillisBehindLatest":${behindMs},` +
    `"Records":[${parts.join(',')}]}`
  );
}
