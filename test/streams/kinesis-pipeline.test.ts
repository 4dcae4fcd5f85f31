import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createStream,
  type KinesisPeer,
  openShards,
  putRecords,
  splitShard,
  startKinesisLocal,
} from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { aggregate } from './kinesis-aggregate.ts';
import { replayThroughDeaths } from './replay-deaths.ts';
import { until } from './until.ts';

const environment = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
let peer: KinesisPeer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-kinesis-pipeline-'));
  peer = await startKinesisLocal();
});

afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('a stream is in a Delta table exactly once, through kill -9 and a split', async () => {
  await createStream(peer.client, 'orders', 4);
  const dataDirectory = join(folder, 'data');
  let helios = await HeliosProcess.start({ dataDirectory, environment });
  await helios.call('POST', '/api/v1/connections', {
    name: 'local',
    kind: 'kinesis',
    options: { aws_region: 'us-east-1', aws_endpoint: peer.endpoint },
  });
  const sql = pipelineSql(join(folder, 'orders'));
  await helios.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
  const rounds = 3;
  for (let round = 0; round < rounds; round++) {
    const sending = putRecords(peer.client, 'orders', records(round));
    if (round > 0) {
      helios.kill('SIGKILL');
      await helios.exited;
      helios = await HeliosProcess.start({ dataDirectory, environment });
    }
    await sending;
    const [shard] = await openShards(peer.client, 'orders');
    if (round === 1 && shard !== undefined) await splitShard(peer.client, 'orders', shard);
  }
  const counts = `SELECT (SELECT count(*) FROM orders) AS rows,
    (SELECT count(*) FROM quarantine) AS rejected`;
  const goodCount = rounds * (perRound - 1);
  await until(
    async () => (await helios.query(counts)).rows[0]?.map(Number),
    (found) => found?.[0] === goodCount && found[1] === rounds,
  );
  const facts = await helios.query(`SELECT count(DISTINCT id), count(DISTINCT shard) >= 4,
    count(*) FILTER (key = 'key-' || id % 37) FROM orders`);
  expect(facts.rows[0]?.map(String)).toEqual([String(goodCount), 'true', String(goodCount)]);
  expect((await helios.stop()).code).toBe(0);
});

test('what no row can be made of is in quarantine, byte by byte, in any format', async () => {
  await using helios = await HeliosProcess.start({
    dataDirectory: join(folder, 'any'),
    environment,
  });
  const placed = await readAll(helios, 'poison', 'n BIGINT', `format = 'json'`, poison);
  expect(placed.rows).toEqual(['1', '4']);
  expect(placed.rejected).toEqual(poison.slice(1, -1).map((data) => hexOf(data)));
  const changed = await readAll(
    helios,
    'changes',
    `n BIGINT, op TEXT METADATA FROM 'op'`,
    `format = 'debezium_json'`,
    changes,
  );
  expect(changed.rows).toEqual(['1,c', '2,u']);
  expect(changed.rejected).toEqual([hexOf('{"op":"t"}')]);
  const format = `format = 'avro', 'avro.raw_datums' = true, 'avro.schema' = '${schema}'`;
  const datums = await readAll(helios, 'datums', 'n BIGINT', format, avroRecords);
  expect(datums.rows).toEqual(['5']);
  expect(datums.rejected).toEqual([hexOf('{"n": 3}')]);
});

test('what was rejected is replayed once, with what stood beside it, through kill -9', async () => {
  const name = 'again';
  await createStream(peer.client, name, 1);
  const same = { key: 'inner', data: '{"v":"same"}' };
  await putRecords(peer.client, name, [
    { key: 'alone', data: '{"v":"alone"}' },
    { key: 'outer', data: aggregate([same, { ...same, hashKey: '7' }, same]) },
  ]);
  const sql = (id: string): string => `CREATE TABLE ${name}_in (id ${id}, v TEXT,
      seq TEXT METADATA FROM 'sequence_number', sub BIGINT METADATA FROM 'subsequence_number',
      shard TEXT METADATA FROM 'shard_id', key TEXT METADATA FROM 'partition_key',
      hash TEXT METADATA FROM 'explicit_hash_key', ms BIGINT METADATA FROM 'timestamp')
    WITH (connector = 'kinesis', aws_region = 'us-east-1', aws_endpoint = '${peer.endpoint}',
      stream_name = '${name}', 'source.offset' = 'earliest', format = 'json');
    CREATE TABLE ${name} WITH (connector = 'delta', path = '${join(folder, name)}');
    INSERT INTO ${name} SELECT * FROM ${name}_in;`;
  const begin = (crashAt: string | undefined): HeliosProcess =>
    new HeliosProcess({
      dataDirectory: join(folder, 'replayed'),
      environment: {
        ...environment,
        ...(crashAt === undefined ? {} : { HELIOS_CRASH_AT: crashAt }),
      },
    });
  await using first = begin(undefined);
  await first.ready();
  await first.call('POST', '/api/v1/pipelines', { name, sql: sql('BIGINT NOT NULL') });
  const places = await until(
    async () => await texts(first, `SELECT "partition", "position" FROM quarantine ORDER BY ALL`),
    ({ length }) => length === 4,
  );
  const { helios, replays } = await replayThroughDeaths({
    ...{ begin, first, pipelines: new Map([[name, sql('BIGINT')]]) },
    crashPoints: ['after-manifest'],
  });
  try {
    expect(replays).toMatchObject([{ selected: 4, replayed: 4, failed: 0, refused: [] }]);
    const place = `shard || ',' || seq || '~' || ms`;
    const rows = await texts(
      helios,
      `SELECT v, sub, key, hash, ${place} FROM ${name} ORDER BY ALL`,
    );
    expect(rows).toEqual([
      `alone,0,alone,,${places[0]}`,
      `same,0,inner,,${places[1]}`,
      `same,1,inner,7,${places[2]}`,
      `same,2,inner,,${places[3]}`,
    ]);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

/** Each is one record, whatever its bytes look like. */
const poison: readonly (string | Uint8Array)[] = [
  '{"n":1,"kind":"good"}',
  'not json',
  '{"n":"x"}',
  '{"n":1',
  '\u0000',
  '[1]',
  '{"n":2}\n{"n":3}',
  '{"n":1e400}',
  Buffer.from([0xff, 0xfe, 0x0a]),
  '{\n"n": 4,\n"kind": "good"}',
];
const changes: readonly string[] = [
  '{"op":"c","before":null,"after":{"n":1}}',
  '{"op":"u","before":{"n":1},"after":{"n":2}}',
  '{"op":"t"}',
];
const schema = '{"type":"record","name":"r","fields":[{"name":"n","type":"long"}]}';
/** Avro makes twice as much of 5, so that signs fit. */
const avroRecords: readonly (string | Uint8Array)[] = [Buffer.from([10]), '{"n": 3}'];

/** Rows in their order, and rejected bytes in that of the stream, once all records are either. */
async function readAll(
  helios: HeliosProcess,
  name: string,
  columns: string,
  options: string,
  values: readonly (string | Uint8Array)[],
): Promise<{ readonly rows: readonly string[]; readonly rejected: readonly string[] }> {
  await createStream(peer.client, name, 1);
  await putRecords(
    peer.client,
    name,
    values.map((data) => ({ key: 'k', data })),
  );
  const sql = `CREATE TABLE ${name}_in (${columns}) WITH (connector = 'kinesis',
      aws_region = 'us-east-1', aws_endpoint = '${peer.endpoint}', stream_name = '${name}',
      'source.offset' = 'earliest', ${options});
    CREATE TABLE ${name} WITH (connector = 'delta', path = '${join(folder, name)}');
    INSERT INTO ${name} SELECT * FROM ${name}_in;`;
  await helios.call('POST', '/api/v1/pipelines', { name, sql });
  const read = async (): Promise<{ rows: readonly string[]; rejected: readonly string[] }> => ({
    rows: await texts(helios, `SELECT * FROM ${name} ORDER BY n`),
    rejected: await texts(
      helios,
      `SELECT hex(raw) FROM quarantine WHERE pipeline = '${name}' ORDER BY "position"`,
    ),
  });
  return await until(read, ({ rows, rejected }) => rows.length + rejected.length >= values.length);
}

async function texts(helios: HeliosProcess, sql: string): Promise<readonly string[]> {
  const answer = await helios.query(sql).catch(() => undefined);
  return answer?.rows.map(String) ?? [];
}

function hexOf(data: string | Uint8Array): string {
  return Buffer.from(data).toString('hex').toUpperCase();
}

const perRound = 1000;

function pipelineSql(path: string): string {
  return `CREATE TABLE source (id BIGINT NOT NULL, shard TEXT METADATA FROM 'shard_id',
      key TEXT METADATA FROM 'partition_key')
    WITH (connector = 'kinesis', connection_profile = 'local', stream_name = 'orders',
      type = 'source', format = 'json', 'source.offset' = 'earliest');
    CREATE TABLE orders WITH (connector = 'delta', path = '${path}', type = 'sink');
    INSERT INTO orders SELECT * FROM source;`;
}

function records(round: number): readonly { readonly key: string; readonly data: string }[] {
  return Array.from({ length: perRound }, (_, index) => {
    const id = round * perRound + index;
    return { key: `key-${id % 37}`, data: index === 10 ? '{"id": tru' : JSON.stringify({ id }) };
  });
}
