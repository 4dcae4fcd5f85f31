/**
 * HTTP ingest onto a topic of Kafka, beside the embedded log and beside a bare server with a bare
 * producer, and until SQL sees the events.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load } from './helios.ts';
import type { LoadSummary } from './load.ts';
import {
  median,
  megabytes,
  milliseconds,
  quantile,
  report,
  say,
  thousands,
} from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const seconds = scaled(settings, 4);
const rounds = settings.rounds ?? 3;
const ratioMin = 0.7;
const cases = [
  { name: 'bodies of 1 event', size: { events: '1' }, connections: 64 },
  { name: 'bodies of 100 events', size: { events: '100' }, connections: 16 },
];
const rate = 20_000;
const markersEveryMs = 50;
const markerIdStart = 1_000_000_000;
const freshnessGoalMs = 500;

using workspace = new Workspace('broker-ingest');
const parts = await kafkaParts();
if (parts === undefined) throw new Error('Kafka needs Java and Maven.');
const file = await shopEventsFile(postedEvents(200_000));
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await helios.call('POST', '/api/v1/connections', {
  name: 'local',
  kind: 'kafka',
  options: { bootstrap_servers: broker.bootstrap.plaintext },
});
const topic = { connection: 'local', partitions: 2 };
await helios.call('POST', '/api/v1/streams', { name: 'topic', ...topic });
await helios.call('POST', '/api/v1/streams', { name: 'log' });
const url = `${await helios.ready()}/ingest`;
await broker.createTopic('bare', topic.partitions);
const program = join(import.meta.dirname, 'bare-producer.ts');
const bare = spawn(process.execPath, [program, broker.bootstrap.plaintext, 'bare']);
try {
  const bareUrl = await firstLine(bare);
  for (const one of cases) await compare(one, bareUrl);
} finally {
  bare.kill();
}
await helios.call('POST', '/api/v1/streams', { name: 'bench', ...topic });
await measureFreshness();

async function compare(
  { name, size, connections }: (typeof cases)[number],
  bareUrl: string,
): Promise<void> {
  const options = { ...size, connections: String(connections), seconds: String(seconds), file };
  const onTopic: LoadSummary[] = [];
  const onLog: LoadSummary[] = [];
  const byBare: LoadSummary[] = [];
  for (let round = 1; round <= rounds; round++) {
    onLog.push(await load({ url: `${url}/log`, ...options }));
    byBare.push(await load({ url: bareUrl, ...options }));
    onTopic.push(await load({ url: `${url}/topic`, ...options }));
    const [log, other, ours] = [onLog, byBare, onTopic].map((all) => rates(all.slice(-1)));
    say(`${name}: log ${log}, bare producer ${other}, topic ${ours}`);
  }
  const ratio = bytesPerSecond(onTopic) / bytesPerSecond(onLog);
  report({
    what: `HTTP ingest onto a Kafka topic, acks=all, ${name}, ${connections} connections`,
    value: rates(onTopic),
    peer: `the embedded log: ${rates(onLog)}`,
    ratio,
    goal: `≥ ${ratioMin}`,
    isMet: ratio >= ratioMin,
    isBehindPeer: ratio < 1,
    detail:
      `answers: topic ${answers(onTopic)}, log ${answers(onLog)}; ` +
      `a bare server with a bare producer: ${rates(byBare)}, ${answers(byBare)}; ` +
      'the broker works on the same two cores',
  });
}

/** Markers among the load, and how long each takes to be seen. */
async function measureFreshness(): Promise<void> {
  const path = workspace.inside('fresh');
  await createPipeline(helios, { name: 'fresh', path, interval: '10 seconds' });
  const duration = scaled(settings, 10, 3);
  const loading = load({
    url: `${url}/bench`,
    file,
    seconds: String(duration),
    rate: String(rate),
    events: '20',
  });
  await sleep(1_000);
  const latenciesMs: number[] = [];
  const startedAtMs = performance.now();
  for (let id = markerIdStart; performance.now() - startedAtMs < duration * 1000; id++) {
    latenciesMs.push(await markerMs(id));
    await sleep(markersEveryMs);
  }
  const { events } = await loading;
  const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  report({
    what: `event accepted onto a Kafka topic → visible to SQL, at ${thousands(rate)} events/s`,
    value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    peer: '',
    ratio: undefined,
    goal: `p99 ≤ ${freshnessGoalMs} ms`,
    isMet: p99 <= freshnessGoalMs,
    isBehindPeer: false,
    detail: `${thousands(events / duration)} events/s accepted, ${latenciesMs.length} markers`,
  });
}

/** From the answer to one marker until a question finds it. */
async function markerMs(id: number): Promise<number> {
  const body = `{"id":${id},"type":"marker"}`;
  const response = await fetch(`${url}/bench`, { method: 'POST', body });
  if (response.status !== 200) throw new Error(await response.text());
  await response.text();
  const acceptedAtMs = performance.now();
  while ((await helios.queryNumber(`SELECT count(*) FROM fresh WHERE id = ${id}`)) === 0) {
    await sleep(5);
  }
  return performance.now() - acceptedAtMs;
}

function bytesPerSecond(summaries: readonly LoadSummary[]): number {
  return median(summaries.map((summary) => summary.bytes / summary.seconds));
}

function rates(summaries: readonly LoadSummary[]): string {
  const events = median(summaries.map((summary) => summary.events / summary.seconds));
  return `${thousands(events)} events/s, ${megabytes(bytesPerSecond(summaries))}/s`;
}

function answers(summaries: readonly LoadSummary[]): string {
  const p50 = median(summaries.map((summary) => summary.answerMsP50));
  const p99 = median(summaries.map((summary) => summary.answerMsP99));
  return `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return line;
}
