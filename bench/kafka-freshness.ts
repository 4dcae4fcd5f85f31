/** Record handed to a Kafka producer → visible to SQL, at 20,000 records a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { JavaProducers } from '../test/peers/kafka-producers.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { Markers } from './markers.ts';
import { median, milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rate = 20_000;
const seconds = scaled(settings, 20, 6);
const partitionCount = 4;
const topic = 'events';
const goalP99Ms = 500;
/** The broker's JVM takes a while until it is as fast as it gets. */
const warmUpMs = 4_000;

using workspace = new Workspace('kafka-freshness');
const parts = await kafkaParts();
if (parts === undefined) throw new Error('Kafka needs Java and Maven.');
const path = await shopEventsFile(postedEvents(200_000));
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
await broker.createTopic(topic, partitionCount);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await helios.call('POST', '/api/v1/pipelines', { name: 'fresh', sql: script() });
await using java = new JavaProducers(parts, broker);
await java.open('load', { 'compression.type': 'lz4', 'linger.ms': '5' });
const producer = new Producer({
  clientId: 'markers',
  bootstrapBrokers: [broker.bootstrap.plaintext],
  idempotent: true,
});
const markers = new Markers(helios);
const { latenciesMs, asksMs } = markers;
const over = new AbortController();

const loading = java.steady('load', topic, { path, rate, seconds });
await sleep(warmUpMs);
const watching = markers.watch(over.signal);
// To one partition, so that they become visible in the order of their ids.
const sent = await markers.sendFor(seconds * 1000 - warmUpMs, 'call', async (event) => {
  const messages = [{ topic, partition: 0, value: Buffer.from(event) }];
  await producer.send({ messages, acks: ProduceAcks.ALL });
  return true;
});
const events = await loading;
over.abort();
await watching;
await producer.close();
say(`${thousands(events / seconds)} records/s, ${latenciesMs.length} of ${sent} markers seen`);
const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
const isKept = events / seconds >= 0.98 * rate && latenciesMs.length === sent;
report({
  what: `record produced to Kafka → visible to SQL, at ${thousands(rate)} records/s`,
  value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
  peer: '',
  ratio: undefined,
  goal: `p99 ≤ ${goalP99Ms} ms`,
  isMet: p99 <= goalP99Ms && isKept,
  isBehindPeer: false,
  detail:
    `lz4, ${partitionCount} partitions, ${seconds} s, ${thousands(events / seconds)} records/s; ` +
    `from the call of the producer, its acknowledgement included; ${latenciesMs.length} of ` +
    `${sent} markers seen by asking again and again, a question takes ` +
    `${milliseconds(median(asksMs))} and is part of the latency`,
});

function script(): string {
  return `CREATE TABLE source (${eventColumnList}) WITH (connector = 'kafka',
      bootstrap_servers = '${broker.bootstrap.plaintext}', topic = '${topic}',
      format = 'json', type = 'source', 'source.offset' = 'earliest');
    CREATE TABLE fresh WITH (connector = 'delta', path = 'file://${workspace.inside('fresh')}',
      format = 'parquet', type = 'sink', 'rolling_policy.interval' = interval '10 seconds');
    INSERT INTO fresh SELECT * FROM source;`;
}
