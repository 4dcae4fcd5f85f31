import { GetRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../../base/errors.ts';
import { parseChildren } from './listed-shard.ts';
import type { StreamRecord } from '../record/record-page.ts';
import type { ListedShard } from '../shard/shard-map.ts';

/** What one read of a shard gave. */
export type RecordsAnswer = {
  readonly records: readonly StreamRecord[];
  /** Undefined at the end of a shard that was split or merged. */
  readonly nextIterator: string | undefined;
  /** How far the answer is behind the newest record. */
  readonly behindMs: number;
  readonly children: readonly ListedShard[];
};

export type RecordsRequest = {
  readonly iterator: string;
  readonly streamArn: string;
  readonly recordsMax: number;
  readonly signal: AbortSignal;
};

/**
 * Reads records. The client signs, sends and explains failures; its decoding of good answers, which
 * takes three times as long as all else, is left out: values stay base64 until they are copied
 * into a page.
 */
export async function getRecords(
  client: KinesisClient,
  { iterator, streamArn, recordsMax, signal }: RecordsRequest,
): Promise<RecordsAnswer> {
  const command = new GetRecordsCommand({
    ShardIterator: iterator,
    StreamARN: streamArn,
    Limit: recordsMax,
  });
  let body: Buffer | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as RawResponse;
      if (response.statusCode >= 300) return result;
      body = await bytesOf(response.body);
      response.body = Buffer.from(nothing);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'keepRecordsRaw' },
  );
  await client.send(command, { abortSignal: signal });
  if (body === undefined) throw notRecords('it was decoded already');
  return parseAnswer(body);
}

/** An answer that the client has nothing to decode of. */
const nothing = '{}';

type RawResponse = { readonly statusCode: number; body: AsyncIterable<Uint8Array> | Buffer };

async function bytesOf(stream: RawResponse['body']): Promise<Buffer> {
  if (Buffer.isBuffer(stream)) return stream;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

type RawAnswer = {
  readonly Records: readonly {
    readonly Data: string;
    readonly SequenceNumber: string;
    readonly PartitionKey: string;
    readonly ApproximateArrivalTimestamp?: number;
  }[];
  readonly NextShardIterator?: string | null;
  readonly MillisBehindLatest?: number;
  readonly ChildShards?: unknown;
};

/** `unreachable` for an answer that was cut, or isn't Kinesis's. */
export function parseAnswer(body: Buffer): RecordsAnswer {
  const answer = parseJson(body);
  return {
    records: answer.Records.map(streamRecord),
    nextIterator: answer.NextShardIterator ?? undefined,
    behindMs: Math.max(0, answer.MillisBehindLatest ?? 0),
    children: parseChildren(answer.ChildShards),
  };
}

function parseJson(body: Buffer): RawAnswer {
  const answer = jsonOf(body);
  const hasRecords = typeof answer === 'object' && answer !== null && 'Records' in answer;
  if (hasRecords && Array.isArray(answer.Records)) return answer as RawAnswer;
  throw notRecords('it has no records');
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (thrown) {
    throw notRecords(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function streamRecord(record: RawAnswer['Records'][number]): StreamRecord {
  const { Data: data, SequenceNumber: sequenceNumber, PartitionKey: partitionKey } = record;
  const isWhole =
    typeof data === 'string' &&
    typeof sequenceNumber === 'string' &&
    typeof partitionKey === 'string';
  if (!isWhole || !/^\d{1,129}$/.test(sequenceNumber)) {
    throw notRecords('a record lacks its data, its key or its sequence number');
  }
  const arrivedAtMs = Math.max(1, Math.round((record.ApproximateArrivalTimestamp ?? 0) * 1000));
  return { data, sequenceNumber, partitionKey, arrivedAtMs };
}

function notRecords(why: string): HeliosError {
  return new HeliosError('unreachable', `An answer to GetRecords can't be used: ${why}.`, {
    hint: 'It is tried again. If it stays, check what is between here and Kinesis: a proxy, say.',
  });
}
