import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avsc from 'avsc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Apicurio, apicurioParts } from '../peers/apicurio.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { replayThroughDeaths } from './replay-deaths.ts';
import { until } from './until.ts';

// What is in records of Kafka, through the whole of Helios: metadata, text, change events, and
// Avro whose schemas a real registry keeps.

const kafka = await kafkaParts();
const registryParts = await apicurioParts();

type Info = {
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string };
};

describe.skipIf(kafka === undefined)('formats of records', () => {
  let broker: KafkaBroker;
  let helios: HeliosProcess;
  let folder: string;

  beforeAll(async () => {
    if (kafka === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-formats-'));
    broker = await KafkaBroker.create(kafka);
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** A pipeline that keeps all of a topic in a table of its name. */
  function keeping(name: string, columns: string, options: string): string {
    return `CREATE TABLE ${name}_in (${columns}) WITH (connector = 'kafka', topic = '${name}',
        bootstrap_servers = '${broker.bootstrap.plaintext}', 'source.offset' = 'earliest', ${options});
      CREATE TABLE ${name} WITH (connector = 'delta', path = '${join(folder, name)}');
      INSERT INTO ${name} SELECT * FROM ${name}_in;`;
  }

  async function keep(name: string, columns: string, options: string): Promise<void> {
    await broker.createTopic(name);
    const sql = keeping(name, columns, options);
    await helios.call('POST', '/api/v1/pipelines', { name, sql });
  }

  async function send(
    topic: string,
    values: readonly (string | Uint8Array | null)[],
    more: object = {},
  ): Promise<void> {
    const records = values.map((value) =>
      value === null ? { key: Buffer.from('k'), ...more } : { value: Buffer.from(value), ...more },
    );
    await produce(broker, topic, records);
  }

  async function rowsOf(sql: string, count: number): Promise<readonly (readonly unknown[])[]> {
    const answer = await until(
      async () => await helios.query(sql),
      ({ rows }) => rows.length >= count,
    );
    return answer.rows;
  }

  const rejectedOf = async (pipeline: string, count: number): Promise<readonly unknown[]> =>
    (
      await rowsOf(
        `SELECT code, raw_text FROM quarantine WHERE pipeline = '${pipeline}' ORDER BY "position"`,
        count,
      )
    ).map(([code, raw]) => [code, raw]);

  test('metadata stands beside JSON, and values of several lines are one record', async () => {
    await keep(
      'beside',
      `id BIGINT, seen TIMESTAMP METADATA FROM 'timestamp', o BIGINT METADATA FROM 'offset_id',
       p INT METADATA FROM 'partition', t TEXT METADATA FROM 'topic', k TEXT METADATA FROM 'key',
       h JSON METADATA FROM 'headers'`,
      `format = 'json'`,
    );
    await send('beside', ['{"id":\n1}', '{"id":', '{"id": 2}'], {
      key: Buffer.from('schlüssel'),
      timestamp: 1_738_310_400_123n,
      headers: new Map([[Buffer.from('trace'), Buffer.from('a1')]]),
    });
    const rows = await rowsOf('SELECT id, seen, o, p, t, k, h FROM beside ORDER BY id', 2);
    expect(rows.map(String)).toEqual([
      '1,2025-01-31T08:00:00.123000Z,0,0,beside,schlüssel,{"trace":"a1"}',
      '2,2025-01-31T08:00:00.123000Z,2,0,beside,schlüssel,{"trace":"a1"}',
    ]);
    expect(await rejectedOf('beside', 1)).toEqual([['malformed_json', '{"id":']]);
  });

  test('text and bytes are kept as they are', async () => {
    await keep('texts', `value TEXT, o BIGINT METADATA FROM 'offset_id'`, `format = 'raw_string'`);
    await keep('blobs', `value BYTEA, o BIGINT METADATA FROM 'offset_id'`, `format = 'raw_bytes'`);
    const values = ['two\nlines\r\n', '', ' "x" ', Buffer.from([0xff, 0x0a, 0x00]), null];
    await send('texts', values);
    await send('blobs', values);
    const texts = await rowsOf('SELECT value FROM texts ORDER BY o', 3);
    expect(texts.map(([value]) => value)).toEqual(['two\nlines\r\n', '', ' "x" ']);
    expect((await rejectedOf('texts', 2)).map((row) => String(row).split(',')[0])).toEqual([
      'invalid_utf8',
      'tombstone',
    ]);
    const blobs = await rowsOf('SELECT hex(value) FROM blobs ORDER BY o', 4);
    expect(blobs[3]).toEqual(['FF0A00']);
    expect((await rejectedOf('blobs', 1)).map((row) => String(row).split(',')[0])).toEqual([
      'tombstone',
    ]);
  });

  test('change events are kept with their kind, or inserts alone', async () => {
    const columns = 'id BIGINT NOT NULL, price DECIMAL(10, 2), sold TIMESTAMP';
    await keep(
      'changes',
      `${columns}, op TEXT METADATA FROM 'op', was JSON METADATA FROM 'before'`,
      `format = 'debezium_json'`,
    );
    await keep('inserts', columns, `format = 'debezium_json'`);
    const events = [
      '{"op":"c","before":null,"after":{"id":1,"price":"BNI=","sold":1738310400123}}',
      '{"op":"u","before":{"id":1},"after":{"id":1,"price":"BNM=","sold":1738310400123}}',
      '{"schema":{},"payload":{"op":"d","before":{"id":1},"after":null}}',
      null,
      '{"op":"t"}',
    ];
    await send('changes', events);
    await send('inserts', events);
    const changes = await rowsOf('SELECT op, price, was FROM changes ORDER BY op', 3);
    expect(changes.map(String)).toEqual(['c,12.34,', 'd,,{"id":1}', 'u,12.35,{"id":1}']);
    expect(await rejectedOf('changes', 1)).toEqual([['not_a_change', '{"op":"t"}']]);
    expect((await rowsOf('SELECT id, price, sold FROM inserts', 1)).map(String)).toEqual([
      '1,12.34,2025-01-31T08:00:00.123000Z',
    ]);
    expect((await rejectedOf('inserts', 3)).map((row) => String(row).split(',')[0])).toEqual([
      'not_an_insert',
      'not_an_insert',
      'not_a_change',
    ]);
  });

  describe.skipIf(registryParts === undefined)('with a registry', () => {
    let registry: Apicurio;

    beforeAll(async () => {
      if (registryParts !== undefined) registry = await Apicurio.create(registryParts);
    });

    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
    });

    let started: Promise<void> | undefined;
    async function answering(): Promise<void> {
      started ??= registry.start();
      await started;
    }

    async function failureOf(pipeline: string, code: string): Promise<Info> {
      return await until(
        async () => await helios.call<Info>('GET', `/api/v1/pipelines/${pipeline}`),
        ({ state, error }) => state === 'retrying' && error?.code === code,
      );
    }

    test('Avro waits for the registry and for the schema, then follows its changes', async () => {
      const access = `'schema_registry.endpoint' = '${registry.endpoint}'`;
      const columns = `id BIGINT NOT NULL, name TEXT, price DECIMAL(10, 2), place STRUCT<city TEXT>,
        p INT METADATA FROM 'partition'`;
      const format = `format = 'avro', 'avro.confluent_schema_registry' = true, ${access}`;
      await keep('avro', columns, format);
      const first = {
        type: 'record',
        name: 'shop.order',
        fields: [
          { name: 'id', type: 'long' },
          { name: 'name', type: ['null', 'string'] },
        ],
      };
      await send('avro', [framed(1, first, { id: 1, name: { string: 'ä' } })]);
      const down = await failureOf('avro', 'unreachable');
      expect(down.error?.message).toBe(`Nothing listens at ${registry.endpoint}.`);
      await answering();
      const missing = await failureOf('avro', 'schema_missing');
      expect(missing.error?.message).toContain('has no schema with the id 1');
      expect(await registry.register('avro-value', first)).toBe(1);
      expect((await rowsOf('SELECT id, name FROM avro', 1)).map(String)).toEqual(['1,ä']);
      const place = {
        type: 'record',
        name: 'shop.place',
        fields: [{ name: 'city', type: 'string' }],
      };
      await registry.register('place', place);
      const second = (placeType: unknown): unknown => ({
        ...first,
        fields: [
          { name: 'place', type: placeType },
          {
            name: 'price',
            type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 },
          },
          { name: 'id', type: 'long' },
        ],
      });
      const id = await registry.register('avro-value-2', second('shop.place'), [
        { name: 'shop.place', subject: 'place', version: 1 },
      ]);
      const value = { id: 2, price: Buffer.from('04d2', 'hex'), place: { city: 'Ulm' } };
      await send('avro', [
        framed(id, second(place), value),
        '{"id": 3}',
        Buffer.from([0, 0, 0, 0, 1, 2]),
        framed(1, first, { id: 4, name: null }),
        null,
      ]);
      const rows = await rowsOf('SELECT id, price, place.city, p FROM avro WHERE id > 1', 2);
      expect(rows.map(String).toSorted()).toEqual(['2,12.34,Ulm,0', '4,,,0']);
      expect((await rejectedOf('avro', 3)).map((row) => String(row).split(',')[0])).toEqual([
        'malformed_frame',
        'malformed_avro',
        'tombstone',
      ]);
    });

    test('JSON with the registry’s bytes before it is JSON', async () => {
      await keep('framed', 'id BIGINT', `format = 'json', 'json.confluent_schema_registry' = true`);
      await send('framed', [Buffer.concat([head(7), Buffer.from('{"id":1}')]), '{"id":2}']);
      expect((await rowsOf('SELECT id FROM framed', 1)).map(String)).toEqual(['1']);
      expect(await rejectedOf('framed', 1)).toEqual([['malformed_frame', '{"id":2}']]);
    });

    test('what was rejected is replayed once, with what stood beside it, through kill -9', async () => {
      const schema = {
        type: 'record',
        name: 'shop.thing',
        fields: [
          { name: 'id', type: ['null', 'long'] },
          { name: 'v', type: 'string' },
        ],
      };
      await answering();
      const id = await registry.register('again-value', schema);
      const access = `'schema_registry.endpoint' = '${registry.endpoint}'`;
      const formats: Readonly<Record<string, readonly [string, (v: string) => string | Buffer]>> = {
        again_json: [`'json'`, (v) => `{"v":"${v}"}`],
        again_changes: [`'debezium_json'`, (v) => `{"op":"c","before":null,"after":{"v":"${v}"}}`],
        again_avro: [
          `'avro', 'avro.confluent_schema_registry' = true, ${access}`,
          (v) => framed(id, schema, { id: null, v }),
        ],
      };
      const columns = `v TEXT, o BIGINT METADATA FROM 'offset_id', p INT METADATA FROM 'partition',
        t TEXT METADATA FROM 'topic', k TEXT METADATA FROM 'key', h JSON METADATA FROM 'headers',
        seen TIMESTAMP METADATA FROM 'timestamp', ms BIGINT METADATA FROM 'timestamp'`;
      const begin = (crashAt: string | undefined): HeliosProcess =>
        new HeliosProcess({
          dataDirectory: join(folder, 'again'),
          environment: crashAt === undefined ? {} : { HELIOS_CRASH_AT: crashAt },
        });
      await using first = begin(undefined);
      await first.ready();
      const lenient = new Map<string, string>();
      for (const [name, [format, value]] of Object.entries(formats)) {
        await broker.createTopic(name);
        lenient.set(name, keeping(name, `id BIGINT, ${columns}`, `format = ${format}`));
        const sql = keeping(name, `id BIGINT NOT NULL, ${columns}`, `format = ${format}`);
        await first.call('POST', '/api/v1/pipelines', { name, sql });
        await send(name, [value('ä'), value('b')], {
          key: Buffer.from('schlüssel'),
          timestamp: 1_738_310_400_123n,
          headers: new Map([[Buffer.from('trace'), Buffer.from('a1')]]),
        });
        await send(name, [value('c')], { timestamp: 1_738_310_400_124n });
      }
      const rejected = `SELECT count(*) FROM quarantine WHERE code = 'missing_field'`;
      await until(
        async () => await first.queryNumber(rejected),
        (count) => count === 9,
      );
      const { helios: last, replays } = await replayThroughDeaths({
        ...{ begin, first, pipelines: lenient, crashPoints: ['after-part', 'after-manifest'] },
      });
      try {
        for (const replay of replays) {
          expect(replay).toMatchObject({ selected: 3, replayed: 3, failed: 0, refused: [] });
        }
        for (const name of lenient.keys()) {
          const all = `SELECT v, o, p, t, k, h, seen, ms FROM ${name} ORDER BY o`;
          const beside = `0,${name},schlüssel,{"trace":"a1"},2025-01-31T08:00:00.123000Z,1738310400123`;
          expect((await last.query(all)).rows.map(String)).toEqual([
            `ä,0,${beside}`,
            `b,1,${beside}`,
            `c,2,0,${name},,{},2025-01-31T08:00:00.124000Z,1738310400124`,
          ]);
        }
      } finally {
        await last[Symbol.asyncDispose]();
      }
    });
  });
});

function head(id: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(id, 1);
  return bytes;
}

/** As a client of Confluent's registry writes it. */
function framed(id: number, schema: unknown, value: unknown): Buffer {
  const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true, registry: {} });
  return Buffer.concat([head(id), type.toBuffer(value)]);
}
