/** How long epochs take while ten million keys are in a window's state. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { JavaProducers } from '../test/peers/kafka-producers.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { PeakMemory } from './helios.ts';
import {
  megabytes,
  milliseconds,
  quantile,
  report,
  say,
  seconds,
  thousands,
} from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { openEngine, Workspace } from './workspace.ts';

const settings = readSettings();
const keyCount = settings.rows ?? scaled(settings, 10_000_000);
const goalKeys = 10_000_000;
const goalMs = 1000;
const rate = 20_000;
const loadSeconds = scaled(settings, 20, 3);
const partitionCount = 4;
const topic = 'keys';
const patienceMs = 600_000;

using workspace = new Workspace('streaming-state');
const parts = await kafkaParts();
if (parts === undefined) throw new Error('Kafka needs Java and Maven.');
const files = await makeFiles();
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
await broker.createTopic(topic, partitionCount);
await using java = new JavaProducers(parts, broker);
const batches = { 'batch.size': '131072', 'linger.ms': '20' };
await java.open('fill', { 'compression.type': 'lz4', ...batches });
await java.file('fill', topic, files.all);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
using memory = new PeakMemory(helios.pid);
await helios.call('POST', '/api/v1/pipelines', { name: 'bench', sql: script() });
const filledMs = await untilRead(keyCount);
say(`${thousands(keyCount)} keys after ${seconds(filledMs)}`);
const fillEpochs = await epochsAfter(0);
const before = Math.max(...fillEpochs.map(({ epoch }) => epoch));
const sent = await java.steady('fill', topic, { path: files.some, rate, seconds: loadSeconds });
await untilRead(keyCount + sent);
tell(await epochsAfter(before));

function tell(epochs: readonly Epoch[]): void {
  const tookMs = epochs.map((epoch) => epoch.durationMs);
  const slowestMs = Math.max(...tookMs);
  report({
    what: `streaming: an epoch with ${thousands(goalKeys)} keys of state`,
    value: `p50 ${milliseconds(quantile(tookMs, 0.5))}, at most ${milliseconds(slowestMs)}`,
    peer: '',
    ratio: undefined,
    goal: `each < ${seconds(goalMs)}`,
    isMet: keyCount < goalKeys && slowestMs < goalMs ? undefined : slowestMs < goalMs,
    isBehindPeer: false,
    detail:
      `${thousands(keyCount)} keys in a window of a day, then ${thousands(rate)} events/s for ` +
      `${loadSeconds} s, ${epochs.length} epochs; while the keys came in, an epoch took at ` +
      `most ${milliseconds(Math.max(...fillEpochs.map((epoch) => epoch.durationMs)))} and all ` +
      `of it ${seconds(filledMs)}; ${megabytes(memory.bytes)} at most (PSS)`,
  });
}

function script(): string {
  return `CREATE TABLE events (seen_at TIMESTAMP, user_id BIGINT,
      WATERMARK FOR seen_at AS seen_at - interval '5 seconds') WITH (connector = 'kafka',
      bootstrap_servers = '${broker.bootstrap.plaintext}', topic = '${topic}',
      format = 'json', type = 'source', 'source.offset' = 'earliest');
    CREATE TABLE daily WITH (connector = 'delta', path = 'file://${workspace.inside('daily')}',
      format = 'parquet', type = 'sink');
    INSERT INTO daily SELECT span.end AS ends, user_id, events FROM (
      SELECT tumble(interval '1 day') AS span, user_id, count(*) AS events
      FROM events GROUP BY 1, 2);`;
}

/** One event of each key, and some of them again; all on one day. */
async function makeFiles(): Promise<{ readonly all: string; readonly some: string }> {
  const made = { all: workspace.inside('all.ndjson'), some: workspace.inside('some.ndjson') };
  using engine = await openEngine();
  const time = `strftime(TIMESTAMP '2025-11-01 12:00:00' + to_milliseconds(i // 10000),
    '%Y-%m-%dT%H:%M:%S.%gZ')`;
  for (const [path, user, count] of [
    [made.all, 'i', keyCount],
    [made.some, `(hash(i) % ${keyCount})::BIGINT`, Math.min(keyCount, 200_000)],
  ] as const) {
    const select = `SELECT ${time} AS seen_at, ${user} AS user_id FROM range(${count}) AS r(i)`;
    await engine.connection.execute(`COPY (${select}) TO '${path}' (FORMAT json, ARRAY false)`);
  }
  return made;
}

/** Until so many records have been read; how long that took. */
async function untilRead(records: number): Promise<number> {
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < patienceMs) {
    const { pipelines } = await helios.call<Listed>('GET', '/api/v1/pipelines');
    if ((pipelines[0]?.recent.last_hour.records_read ?? 0) >= records)
      return performance.now() - startedAtMs;
    await sleep(100);
  }
  throw new Error(`${records} records were not read in ${patienceMs} ms`);
}

type Listed = {
  readonly pipelines: readonly {
    readonly recent: { readonly last_hour: { readonly records_read: number } };
  }[];
};

type Epoch = { readonly epoch: number; readonly durationMs: number };

async function epochsAfter(epoch: number): Promise<readonly Epoch[]> {
  const { rows } = await helios.query(
    `SELECT epoch, duration_ms FROM helios.epochs WHERE epoch > ${epoch} ORDER BY epoch`,
  );
  return rows.map(([number, durationMs]) => ({
    epoch: Number(number),
    durationMs: Number(durationMs),
  }));
}
