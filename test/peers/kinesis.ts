import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
  type PutRecordsRequestEntry,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler, type NodeHttp2Handler } from '@smithy/node-http-handler';

/** An emulator of Kinesis on a port of its own. */
export type KinesisPeer = AsyncDisposable & {
  readonly endpoint: string;
  readonly client: KinesisClient;
};

/** How long a stream is CREATING, UPDATING or DELETING. */
const changeMs = 50;
const shardsMax = 5000;

/**
 * kinesis-local: fan-out, UpdateShardCount, ChildShards and records of 10 MiB, in a process of its
 * own. It accepts connections when this resolves.
 */
export async function startKinesisLocal(): Promise<KinesisPeer> {
  const folder = dirname(fileURLToPath(import.meta.resolve('kinesis-local/main.js')));
  const [plainPort = 0, tlsPort = 0] = await freePorts(2);
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'loopback.ts'), 'main.js'],
    { cwd: folder, env: { ...localSettings(plainPort, tlsPort) }, stdio: 'ignore' },
  );
  const endpoint = `http://127.0.0.1:${plainPort}`;
  const client = kinesisClient(endpoint);
  const stop = async (): Promise<void> => {
    client.destroy();
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  try {
    await untilAnswering(plainPort, () => child.exitCode === null);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { endpoint, client, [Symbol.asyncDispose]: stop };
}

/** kinesalite, in this process: no ChildShards, no fan-out, and never behind the latest. */
export async function startKinesalite(): Promise<KinesisPeer> {
  const create = createRequire(import.meta.url)('kinesalite') as (options: object) => Server;
  const server = create({
    createStreamMs: changeMs,
    deleteStreamMs: changeMs,
    updateStreamMs: changeMs,
    shardLimit: shardsMax,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = kinesisClient(endpoint);
  return {
    endpoint,
    client,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A client that emulators understand: plain HTTP/1.1, any credentials, no retries of its own. */
export function kinesisClient(
  endpoint: string,
  requestHandler: NodeHttpHandler | NodeHttp2Handler = onceEach(),
): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler,
    maxAttempts: 1,
  });
}

/**
 * A connection for each request: one that is kept may be closed by the server as the next request
 * goes out, and nothing is sent twice here.
 */
function onceEach(): NodeHttpHandler {
  return new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: false }) });
}

/** Makes a stream and waits until it is ACTIVE. */
export async function createStream(
  client: KinesisClient,
  name: string,
  shards: number,
): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  await untilActive(client, name);
}

export async function deleteStream(client: KinesisClient, name: string): Promise<void> {
  await client.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }));
  for (;;) {
    try {
      await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    } catch (thrown) {
      if ((thrown as Error).name === 'ResourceNotFoundException') return;
      throw thrown;
    }
  }
}

async function untilActive(client: KinesisClient, name: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: name }),
    );
    if (summary?.StreamStatus === 'ACTIVE') return;
  }
}

/** Puts records in order, 500 a request; where one is refused, it and those after it come again. */
export async function putRecords(
  client: KinesisClient,
  stream: string,
  records: readonly { readonly key: string; readonly data: string | Uint8Array }[],
): Promise<void> {
  for (let at = 0; at < records.length; at += 500) {
    const entries: PutRecordsRequestEntry[] = records
      .slice(at, at + 500)
      .map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) }));
    const answer = await client.send(
      new PutRecordsCommand({ StreamName: stream, Records: entries }),
    );
    if (answer.FailedRecordCount) throw new Error(`${answer.FailedRecordCount} were not put`);
  }
}

/** All shards that are listed, closed ones too. */
export async function listShards(client: KinesisClient, stream: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let token: string | undefined;
  do {
    const page: { Shards?: Shard[] | undefined; NextToken?: string | undefined } =
      await client.send(
        new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }),
      );
    shards.push(...(page.Shards ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return shards;
}

export async function openShards(client: KinesisClient, stream: string): Promise<Shard[]> {
  const shards = await listShards(client, stream);
  return shards
    .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .toSorted((left, right) => (startOf(left) < startOf(right) ? -1 : 1));
}

/** Splits a shard in its middle. */
export async function splitShard(
  client: KinesisClient,
  stream: string,
  shard: Shard,
): Promise<void> {
  const middle = (startOf(shard) + endOf(shard)) / 2n;
  await client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: shard.ShardId,
      NewStartingHashKey: String(middle),
    }),
  );
  await untilActive(client, stream);
}

/** Merges two shards that lie side by side. */
export async function mergeShards(
  client: KinesisClient,
  stream: string,
  [left, right]: readonly [Shard, Shard],
): Promise<void> {
  await client.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: left.ShardId,
      AdjacentShardToMerge: right.ShardId,
    }),
  );
  await untilActive(client, stream);
}

export async function updateShardCount(
  client: KinesisClient,
  stream: string,
  count: number,
): Promise<void> {
  await client.send(
    new UpdateShardCountCommand({
      StreamName: stream,
      TargetShardCount: count,
      ScalingType: 'UNIFORM_SCALING',
    }),
  );
  await untilActive(client, stream);
}

function startOf(shard: Shard): bigint {
  return BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
}

function endOf(shard: Shard): bigint {
  return BigInt(shard.HashKeyRange?.EndingHashKey ?? 0);
}

function localSettings(plainPort: number, tlsPort: number): Record<string, string> {
  const duration = `${changeMs}ms`;
  const changes = ['CREATE_STREAM', 'DELETE_STREAM', 'REGISTER_STREAM_CONSUMER', 'MERGE_SHARDS'];
  changes.push('DEREGISTER_STREAM_CONSUMER', 'SPLIT_SHARD', 'UPDATE_SHARD_COUNT');
  return {
    ...Object.fromEntries(changes.map((change) => [`${change}_DURATION`, duration])),
    KINESIS_MOCK_PLAIN_PORT: String(plainPort),
    KINESIS_MOCK_TLS_PORT: String(tlsPort),
    SHARD_LIMIT: String(shardsMax),
    LOG_LEVEL: 'ERROR',
  };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => await once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

async function untilAnswering(port: number, isAlive: () => boolean): Promise<void> {
  while (!(await accepts(port))) {
    if (!isAlive()) throw new Error('kinesis-local ended before it was ready');
    await sleep(20);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((isConnected) => {
    socket.destroy();
    return isConnected as boolean;
  });
}
