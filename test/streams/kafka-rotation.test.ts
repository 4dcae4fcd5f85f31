import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka';
import { afterAll, describe, expect, test } from 'vitest';
import type { Position } from '../../src/event/record.ts';
import type { KafkaSource } from '../../src/source/kafka/kafka-source.ts';
import { makeCertificates } from '../peers/kafka-certificates.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { kafkaUsers } from '../peers/kafka-settings.ts';
import { hastyClock, OpenedSources, readAll, topicTable } from './kafka-fixture.ts';
import { until } from './until.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
const folder = await mkdtemp(join(tmpdir(), 'helios-kafka-rotation-'));
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(broker)('secrets that change while a topic is read', () => {
  if (broker === undefined) return;
  const topic = 'rotated';
  const partition = `${topic}/0`;
  const password = join(folder, 'password');
  const certificate = join(folder, 'own.pem');
  const key = join(folder, 'own.key');

  async function send(value: string): Promise<void> {
    await produce(broker!, topic, [{ value: Buffer.from(value) }]);
  }

  async function useCertificate(from: { certificate: string; key: string }): Promise<void> {
    await copyFile(from.certificate, certificate);
    await copyFile(from.key, key);
  }

  test('are found at the next connection', async () => {
    await broker.createTopic(topic);
    const strangers = await makeCertificates(folder);
    const { clientCertificate, clientKey, authority } = broker.certificates;
    await useCertificate({ certificate: clientCertificate, key: clientKey });
    await writeFile(password, `${kafkaUsers.scram.password}\n`);
    await using opened = await OpenedSources.make();
    const open = async (server: string, options: Record<string, string>): Promise<KafkaSource> =>
      await opened.open(server, topicTable(topic), { clock: hastyClock, options });
    const sources = [
      await open(broker.bootstrap.ssl, {
        'tls.ca': `file:${authority}`,
        'tls.cert': `file:${certificate}`,
        'tls.key': `file:${key}`,
      }),
      await open(broker.bootstrap.saslPlaintext, {
        'auth.type': 'sasl',
        'auth.mechanism': 'SCRAM-SHA-512',
        'auth.protocol': 'SASL_PLAINTEXT',
        'auth.username': 'scram',
        'auth.password': `file:${password}`,
      }),
    ];
    await send('before');
    const ends = await Promise.all(sources.map(async (source) => await next(source, 'before')));

    await useCertificate({
      certificate: strangers.clientCertificate,
      key: strangers.clientKey,
    });
    await setPassword(broker, 'scram', 'another');
    await broker.stop();
    await broker.start();
    // A broker may close the connection before it has told why.
    const expected = [
      /certificate that it can trust|closed the connection/,
      /refused SCRAM-SHA-512/,
    ];
    await Promise.all(
      sources.map(
        async (source, index) =>
          await until(
            async () => await Promise.resolve(source.waiting()?.error.message ?? ''),
            (message) => expected[index]?.test(message) === true,
          ),
      ),
    );

    await useCertificate({ certificate: clientCertificate, key: clientKey });
    await writeFile(password, 'another');
    await send('after');
    await Promise.all(
      sources.map(async (source, index) => await next(source, 'after', ends[index])),
    );
  });

  async function next(
    source: KafkaSource,
    expected: string,
    after?: Position,
  ): Promise<Position | undefined> {
    const read = async (): ReturnType<typeof readAll> =>
      await readAll(source, partition, after).catch(() => ({ records: [], to: after }));
    const { records, to } = await until(read, (found) => found.records.length > 0);
    expect(records.map(({ line }) => line)).toEqual([expected]);
    return to;
  }
});

/** Of a user of SCRAM-SHA-512. */
async function setPassword(of: KafkaBroker, name: string, password: string): Promise<void> {
  const connection = new Connection('helios-test');
  const [host = '', port] = of.bootstrap.plaintext.split(':');
  await connection.connect(host, Number(port));
  const salt = randomBytes(32);
  const iterations = 4096;
  const saltedPassword = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
  const sha512 = 2;
  await alterUserScramCredentialsV0.api.async(
    connection,
    [],
    [{ name, mechanism: sha512, iterations, salt, saltedPassword }],
  );
  await connection.close();
}
