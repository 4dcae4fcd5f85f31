/** Kafka → JSON → SQL filter → Delta, from a topic that is full already. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { JavaProducers } from '../test/peers/kafka-producers.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { median, report, say, seconds, thousands } from './measurement.ts';
import { treeCpuMs } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { openEngine, Workspace } from './workspace.ts';

/** One system that does the work: reads the topic to its end, and has the rows in a Delta table. */
type Contender = {
  readonly name: string;
  readonly run: (round: number) => Promise<RunCost>;
};

/** CPU of the contender, and of the broker beside it. */
type RunCost = { readonly wallMs: number; readonly cpuMs: number; readonly brokerCpuMs: number };

const settings = readSettings();
const eventCount = scaled(settings, 5_000_000);
const rounds = settings.rounds ?? 3;
const partitionCount = 4;
const topic = 'events';
const filter = "type <> 'page_view'";
const goal = { perSecond: 300_000, ratio: 3 };
const patienceMs = 600_000;

using workspace = new Workspace('kafka');
const parts = await kafkaParts();
if (parts === undefined) throw new Error('Kafka needs Java and Maven.');
const input = await shopEventsFile(postedEvents(eventCount));
const rowCount = await countKept();
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
await fill();
const helios: Contender = { name: 'Helios', run: runHelios };
/** Systems that do the same, on the same broker. */
const others: readonly Contender[] = [];
const costs = new Map<string, RunCost[]>();
for (let round = 1; round <= rounds; round++) {
  for (const contender of [...others, helios]) {
    const cost = await contender.run(round);
    costs.set(contender.name, [...(costs.get(contender.name) ?? []), cost]);
    say(`${contender.name}: ${costText([cost])}`);
  }
}
tell();

function tell(): void {
  const ours = costs.get(helios.name) ?? [];
  const perSecond = (eventCount / wallMs(ours)) * 1000;
  const best = others.toSorted((left, right) => wallOf(left) - wallOf(right))[0];
  const ratio = best === undefined ? undefined : wallOf(best) / wallMs(ours);
  report({
    what: `Kafka (lz4) → JSON → a filter that keeps 78 % → Delta (zstd)`,
    value: `${thousands(perSecond)} events/s`,
    peer:
      best === undefined ? '' : `${best.name}: ${thousands((eventCount / wallOf(best)) * 1000)}/s`,
    ratio,
    goal: `≥ ${thousands(goal.perSecond)}/s, ≥ ${goal.ratio} × the best of Spark, Flink, Pathway`,
    isMet: perSecond >= goal.perSecond && (ratio ?? goal.ratio) >= goal.ratio,
    isBehindPeer: (ratio ?? 1) < 1,
    detail:
      `${thousands(eventCount)} events in ${partitionCount} partitions, from the pipeline's ` +
      `start until SQL sees all rows; ${costText(ours)}`,
  });
}

/** From the start of the pipeline until every row is visible. */
async function runHelios(round: number): Promise<RunCost> {
  const folder = workspace.inside(`round-${round}`);
  await using process = await HeliosProcess.start({ dataDirectory: `${folder}-data` });
  const brokerBeforeMs = treeCpuMs(broker.pid ?? 0);
  const cpuBeforeMs = treeCpuMs(process.pid);
  const startedAtMs = performance.now();
  await process.call('POST', '/api/v1/pipelines', { name: 'bench', sql: script(folder) });
  await untilAll(process, startedAtMs);
  return {
    wallMs: performance.now() - startedAtMs,
    cpuMs: treeCpuMs(process.pid) - cpuBeforeMs,
    brokerCpuMs: treeCpuMs(broker.pid ?? 0) - brokerBeforeMs,
  };
}

function script(folder: string): string {
  return `CREATE TABLE source (${eventColumnList}) WITH (connector = 'kafka',
      bootstrap_servers = '${broker.bootstrap.plaintext}', topic = '${topic}',
      format = 'json', type = 'source', 'source.offset' = 'earliest');
    CREATE TABLE kept WITH (connector = 'delta', path = 'file://${folder}', format = 'parquet',
      type = 'sink', 'parquet.compression' = 'zstd');
    INSERT INTO kept SELECT * FROM source WHERE ${filter};`;
}

async function untilAll(process: HeliosProcess, startedAtMs: number): Promise<void> {
  while (performance.now() - startedAtMs < patienceMs) {
    const found = await process.queryNumber('SELECT count(*) FROM kept').catch(() => 0);
    if (found === rowCount) return;
    if (found > rowCount) throw new Error(`${found} rows, not ${rowCount}`);
    await sleep(100);
  }
  throw new Error(`there are not ${rowCount} rows after ${patienceMs} ms`);
}

async function fill(): Promise<void> {
  if (parts === undefined) return;
  await broker.createTopic(topic, partitionCount);
  await using java = new JavaProducers(parts, broker);
  const batches = { 'batch.size': '131072', 'linger.ms': '20' };
  await java.open('fill', { 'compression.type': 'lz4', ...batches });
  const sent = await java.file('fill', topic, input);
  say(`${thousands(sent)} events are in Kafka`);
}

async function countKept(): Promise<number> {
  using engine = await openEngine();
  const select = `SELECT count(*) AS kept FROM read_json('${input}', columns = {type: 'TEXT'},
    format = 'newline_delimited') WHERE ${filter}`;
  const [row] = await engine.connection.rows(select);
  return Number(row?.['kept']);
}

function wallOf({ name }: Contender): number {
  return wallMs(costs.get(name) ?? []);
}

function wallMs(runs: readonly RunCost[]): number {
  return median(runs.map((run) => run.wallMs));
}

function costText(runs: readonly RunCost[]): string {
  const cpu = seconds(median(runs.map(({ cpuMs }) => cpuMs)));
  const brokerCpu = seconds(median(runs.map(({ brokerCpuMs }) => brokerCpuMs)));
  return `${seconds(wallMs(runs))} (CPU ${cpu}, the broker's ${brokerCpu})`;
}
