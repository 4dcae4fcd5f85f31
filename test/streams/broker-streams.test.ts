import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { LiveSocket } from './live-socket.ts';
import { readTopic } from './read-topic.ts';
import { until } from './until.ts';

// What the embedded log's streams can, streams that a topic keeps can too: they are altered,
// followed, take keys, and say what they are when the broker is slow.

const parts = await kafkaParts();
/** Brokers and Helios start several times, beside whatever else the machine does. */
const killsTimeoutMs = 400_000;

type Stream = {
  readonly retention_ms: number | null;
  readonly partitions: readonly { readonly end_offset: number }[];
};

type Failure = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

describe.skipIf(parts === undefined)('a stream that a topic keeps', () => {
  let broker: KafkaBroker;
  let folder: string;
  let helios: HeliosProcess;

  beforeAll(async () => {
    if (parts === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-broker-streams-'));
    broker = await KafkaBroker.create(parts);
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    await helios.call('POST', '/api/v1/connections', {
      name: 'local',
      kind: 'kafka',
      options: { bootstrap_servers: broker.bootstrap.plaintext },
    });
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function create(name: string, partitions = 1): Promise<void> {
    await helios.call('POST', '/api/v1/streams', { name, connection: 'local', partitions });
  }

  async function post(stream: string, body: string, key?: string): Promise<Response> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return await helios.request(`/ingest/${stream}`, { method: 'POST', body, headers });
  }

  async function failureOf(response: Response): Promise<Failure> {
    return ((await response.json()) as { readonly error: Failure }).error;
  }

  /** All records that the stream's topic has, and no more. */
  async function recordsOf(stream: string): Promise<readonly string[]> {
    const { partitions } = await helios.call<Stream>('GET', `/api/v1/streams/${stream}`);
    const count = partitions.reduce((sum, { end_offset }) => sum + end_offset, 0);
    const records = await readTopic(broker.bootstrap.plaintext, stream, count, count);
    return records.map(({ value }) => value ?? 'null');
  }

  async function restart(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    helios.kill(how);
    await helios.exited;
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
  }

  describe('is altered', () => {
    const alter = async (body: object): Promise<Response> =>
      await helios.request('/api/v1/streams/altered', {
        method: 'PATCH',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });

    test('in its retention and its partitions, which are written to at once', async () => {
      await create('altered', 2);
      expect((await post('altered', '{"id":0}')).status).toBe(200);
      const response = await alter({ retention_ms: 3_600_000, partitions: 4 });
      expect(await response.json()).toMatchObject({
        retention_ms: 3_600_000,
        partitions: [{}, {}, {}, {}],
      });
      for (let id = 1; id <= 4; id++) await post('altered', `{"id":${id}}`);
      const { partitions } = await helios.call<Stream>('GET', '/api/v1/streams/altered');
      expect(partitions.filter(({ end_offset }) => end_offset > 0)).toHaveLength(4);
    });

    test.each([
      [{ partitions: 3 }, "has 4 partitions and can't go down to 3"],
      [{ partitions: 1000 }, "can't have 1000 partitions"],
      [{ retention_bytes: 5_000_000 }, 'no budget of bytes'],
    ])('but not to %j', async (body, message) => {
      const response = await alter(body);
      expect(response.status).toBe(400);
      expect((await failureOf(response)).message).toContain(message);
    });
  });

  test('is followed: records of anybody, the newest where there are too many', async () => {
    await create('followed', 2);
    await post('followed', '{"before":1}');
    await using socket = await LiveSocket.open(await helios.ready());
    socket.send({ op: 'subscribe', id: 't', kind: 'tail', stream: 'followed' });
    await socket.next({ kind: 'columns' });
    await post('followed', '{"n":1}\n{"n":2}');
    expect(await socket.next({ kind: 'lines' })).toMatchObject({
      lines: ['{"n":1}', '{"n":2}'],
      dropped_bytes: 0,
      dropped_records: 0,
    });
    await produce(broker, 'followed', [{ value: Buffer.from('two\nlines'), partition: 1 }]);
    expect(await socket.next({ kind: 'lines' })).toMatchObject({ lines: ['two\nlines'] });
    await produce(broker, 'followed', [{ key: Buffer.from('k'), partition: 1 }]);
    expect(await socket.next({ kind: 'lines' })).toMatchObject({ lines: ['null'] });
    const many = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"text":"some more text"}`);
    await post('followed', many.join('\n'));
    const first = await socket.next({ kind: 'lines' });
    const shown = first['lines'] as readonly string[];
    expect(shown).toEqual(many.slice(0, shown.length));
    expect(first['dropped_records']).toBe(many.length - shown.length);
    await broker.kill();
    await broker.start();
    expect((await post('followed', '{"back":1}')).status).toBe(200);
    expect(await socket.next({ kind: 'lines' })).toMatchObject({ lines: ['{"back":1}'] });
    await helios.call('DELETE', '/api/v1/streams/followed');
    expect(await socket.next({ kind: 'error' })).toMatchObject({ error: { code: 'not_found' } });
  });

  describe('takes keys', () => {
    test('and stores what has the same one once, also after it stopped or was killed', async () => {
      await create('keyed', 3);
      expect((await post('keyed', '{"id":"unkeyed"}')).status).toBe(200);
      const first = await post('keyed', '{"id":1}', 'a');
      expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([200, null]);
      for (const how of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
        const again = await post('keyed', '{"id":1}', 'a');
        expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
        const other = await post('keyed', '{"id":2}', 'a');
        expect([other.status, (await failureOf(other)).code]).toEqual([
          422,
          'idempotency_mismatch',
        ]);
        await restart(how);
      }
      const together = Array.from({ length: 20 }, async () => await post('keyed', '{"id":3}', 'b'));
      const statuses = (await Promise.all(together)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
      const records = await recordsOf('keyed');
      expect(records.toSorted()).toEqual(['{"id":"unkeyed"}', '{"id":1}', '{"id":3}']);
    });

    test.each([['goes on'], ['is killed meanwhile']])(
      'of a request in doubt: it is there once when Helios %s',
      async (how) => {
        const stream = how === 'goes on' ? 'doubted' : 'doubted-and-killed';
        await create(stream);
        expect((await post(stream, '{"id":0}', 'before')).status).toBe(200);
        broker.freeze();
        const inDoubt = await post(stream, '{"id":1}', 'k');
        expect(inDoubt.status).toBe(503);
        expect(Number(inDoubt.headers.get('retry-after'))).toBeGreaterThan(0);
        const { details, hint } = await failureOf(inDoubt);
        expect(details).toMatchObject({ may_be_stored: true });
        expect(hint).toContain('same Idempotency-Key');
        if (how === 'is killed meanwhile') await restart('SIGKILL');
        broker.resume();
        await until(
          async () => (await post(stream, '{"id":1}', 'k')).status,
          (status) => status === 200,
        );
        expect((await post(stream, '{"id":2}')).status).toBe(200);
        expect(await recordsOf(stream)).toEqual(['{"id":0}', '{"id":1}', '{"id":2}']);
      },
    );

    test(
      'whatever is killed and whenever: each that is repeated until ok is there once',
      async () => {
        await create('repeated', 3);
        const isDone = { value: false };
        const acknowledged = new Set<string>();
        const writer = async (name: number): Promise<void> => {
          for (let id = 0; !isDone.value; id++) {
            const row = `{"id":"${name}-${id}"}`;
            const isStored = async (): Promise<boolean> =>
              await post('repeated', row, `${name}-${id}`).then(
                ({ status }) => status === 200,
                () => false,
              );
            await until(isStored, (value) => value, killsTimeoutMs);
            acknowledged.add(row);
          }
        };
        const writers = Array.from({ length: 8 }, async (_, name) => await writer(name));
        const more = async (count: number): Promise<void> => {
          const wanted = acknowledged.size + count;
          await until(
            async () => await Promise.resolve(acknowledged.size),
            (size) => size >= wanted,
            killsTimeoutMs,
          );
        };
        for (let round = 0; round < 2; round++) {
          await more(100);
          await restart('SIGKILL');
          await more(100);
          await broker.kill();
          await broker.start();
        }
        await more(100);
        isDone.value = true;
        await Promise.all(writers);
        const records = await recordsOf('repeated');
        expect(records.toSorted()).toEqual([...acknowledged].toSorted());
      },
      killsTimeoutMs,
    );
  });

  describe('says what keeps it from storing', () => {
    test('too many bytes at once for a broker that hangs, and none of them in the end', async () => {
      await create('full');
      expect((await post('full', '{"id":0}')).status).toBe(200);
      const megabyte = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
      broker.freeze();
      try {
        const responses = await Promise.all(
          Array.from({ length: 80 }, async () => await post('full', megabyte)),
        );
        const busy = responses.filter(({ status }) => status === 429);
        const away = responses.filter(({ status }) => status === 503);
        expect(busy.length).toBeGreaterThanOrEqual(16);
        expect(busy.length + away.length).toBe(responses.length);
        for (const { headers } of responses) {
          expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        }
        const failures = await Promise.all(away.map(failureOf));
        const doubtful = failures.filter(({ details }) => details?.['may_be_stored'] === true);
        // Only the batch that was on its way is in doubt.
        expect(doubtful).toHaveLength(1);
        expect(doubtful[0]?.message).toContain('may have the request, or get it yet');
      } finally {
        broker.resume();
      }
      expect((await post('full', '{"id":1}')).status).toBe(200);
      const records = await recordsOf('full');
      const small = records.filter((value) => value !== megabyte);
      expect(small).toEqual(['{"id":0}', '{"id":1}']);
      expect(records.length).toBeLessThanOrEqual(3);
    });

    test('a request that is more than the topic takes, and those beside it go on', async () => {
      await broker.createTopic('narrow', 1, { 'max.message.bytes': '2000' });
      await helios.call('POST', '/api/v1/streams', { name: 'narrow', connection: 'local' });
      const noise = (length: number): string =>
        JSON.stringify(Array.from({ length }, () => Math.random()).join());
      const bodies = Array.from({ length: 60 }, () => noise(20));
      const large = noise(400);
      const responses = await Promise.all(
        [...bodies, large].map(async (body) => await post('narrow', body)),
      );
      const refused = responses.filter(({ status }) => status !== 200);
      expect(refused.map(({ status }) => status)).toEqual([413]);
      const failure = await failureOf(refused[0] ?? expect.fail());
      expect(failure.message).toContain('its max.message.bytes is 2000');
      expect(failure.details).toMatchObject({ max_message_bytes: 2000, may_be_stored: false });
      expect((await recordsOf('narrow')).toSorted()).toEqual(bodies.toSorted());
    });
  });
});
