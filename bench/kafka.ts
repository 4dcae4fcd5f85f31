/** Kafka → JSON → SQL filter → Delta, from a topic that is full already, beside its peers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { JavaProducers } from '../test/peers/kafka-producers.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, readJsonColumns, shopEventsFile } from './data.ts';
import { PeakMemory } from './helios.ts';
import { median, megabytes, report, say, seconds, thousands } from './measurement.ts';
import type { Contender, RunCost, Task } from './peers/contender.ts';
import { fingerprint } from './peers/fingerprint.ts';
import { flinkContender } from './peers/flink.ts';
import { pathwayContender } from './peers/pathway.ts';
import { sparkContender } from './peers/spark.ts';
import { treeCpuMs } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { type BenchEngine, openEngine, Workspace } from './workspace.ts';

type Listed = {
  readonly pipelines: readonly { readonly sinks: readonly { readonly rows_out: number }[] }[];
};

const settings = readSettings();
const eventCount = scaled(settings, 5_000_000);
/** Of Helios; the others, whose programs take minutes, have one turn each. */
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
using engine: BenchEngine = await openEngine();
const expected = await fingerprintOf(inputRows());
const rowCount = Number(expected.split(' ')[0]);
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
await fill();
const others = await peers();
const ours: RunCost[] = [];
const theirs = new Map<Contender, RunCost>();
for (let turn = 0; turn < Math.max(rounds, others.length); turn++) {
  const other = others[turn];
  if (other !== undefined) theirs.set(other, await runOther(other));
  const cost = await runHelios(workspace.inside(`helios-${turn}`));
  say(`Helios: ${costText([cost])}`);
  ours.push(cost);
}
tell();

function tell(): void {
  const perSecond = rate(readingMs(ours));
  const ranked = [...theirs].toSorted(([, left], [, right]) => left.readingMs - right.readingMs);
  const best = ranked[0]?.[1];
  const ratio = best === undefined ? undefined : best.readingMs / readingMs(ours);
  const differences = ranked.map(([{ name, difference }]) => [name, difference] as const);
  report({
    what: `Kafka (lz4) → JSON → a filter that keeps 78 % → Delta (zstd)`,
    value: `${thousands(perSecond)} events/s`,
    peer: ranked
      .map(([{ name }, cost]) => `${name}: ${thousands(rate(cost.readingMs))}/s`)
      .join(', '),
    ratio,
    goal: `≥ ${thousands(goal.perSecond)}/s, ≥ ${goal.ratio} × the best of Spark, Flink, Pathway`,
    isMet: perSecond >= goal.perSecond && (ratio ?? goal.ratio) >= goal.ratio,
    isBehindPeer: (ratio ?? 1) < 1,
    detail: [
      `${thousands(eventCount)} events in ${partitionCount} partitions, on the same broker, from ` +
        `when a program that has started begins to read until all rows are visible; ` +
        `Helios ${costText(ours)}`,
      ...ranked.map(([{ name }, cost]) => `${name} ${costText([cost])}`),
      ...differences.filter(([, text]) => text !== '').map(([name, text]) => `of ${name}, ${text}`),
    ].join('; '),
  });
}

/** Those that can be had here; a peer that can't be is told of and left out. */
async function peers(): Promise<readonly Contender[]> {
  const { bootstrap, pid } = broker;
  const task: Task = { bootstrap: bootstrap.plaintext, topic, filter, brokerPid: pid ?? 0 };
  const found: Contender[] = [];
  for (const make of [sparkContender, flinkContender, pathwayContender]) {
    const contender = await make(task).catch((thrown: unknown) => say(String(thrown)));
    if (contender !== undefined) found.push(contender);
  }
  return found;
}

async function runOther(contender: Contender): Promise<RunCost> {
  const { rows, ...cost } = await contender.run(workspace.inside(contender.name));
  say(`${contender.name}: ${costText([cost])}`);
  check(contender.name, await fingerprintOf(rows));
  return cost;
}

/** From the request that makes the pipeline until SQL sees every row. */
async function runHelios(folder: string): Promise<RunCost> {
  const startedAtMs = performance.now();
  await using process = await HeliosProcess.start({ dataDirectory: `${folder}-data` });
  using memory = new PeakMemory(process.pid);
  const brokerBeforeMs = treeCpuMs(broker.pid ?? 0);
  const cpuBeforeMs = treeCpuMs(process.pid);
  const readAtMs = performance.now();
  await process.call('POST', '/api/v1/pipelines', { name: 'bench', sql: script(folder) });
  await untilAll(process, readAtMs);
  const cost = {
    readingMs: performance.now() - readAtMs,
    wholeMs: performance.now() - startedAtMs,
    cpuMs: treeCpuMs(process.pid) - cpuBeforeMs,
    brokerCpuMs: treeCpuMs(broker.pid ?? 0) - brokerBeforeMs,
    peakBytes: memory.bytes,
  };
  const { rows } = await process.query(`SELECT ${fingerprint} FROM kept`);
  check('Helios', String(rows[0]?.[0]));
  return cost;
}

function script(folder: string): string {
  return `CREATE TABLE source (${eventColumnList}) WITH (connector = 'kafka',
      bootstrap_servers = '${broker.bootstrap.plaintext}', topic = '${topic}',
      format = 'json', type = 'source', 'source.offset' = 'earliest');
    CREATE TABLE kept WITH (connector = 'delta', path = 'file://${folder}', format = 'parquet',
      type = 'sink', 'parquet.compression' = 'zstd');
    INSERT INTO kept SELECT * FROM source WHERE ${filter};`;
}

/** Asks for what costs least, and in the end what counts. */
async function untilAll(process: HeliosProcess, startedAtMs: number): Promise<void> {
  while (performance.now() - startedAtMs < patienceMs) {
    const { pipelines } = await process.call<Listed>('GET', '/api/v1/pipelines');
    const written = pipelines[0]?.sinks[0]?.rows_out ?? 0;
    const found = written < rowCount ? 0 : await process.queryNumber('SELECT count(*) FROM kept');
    if (found === rowCount) return;
    if (found > rowCount) throw new Error(`${found} rows, not ${rowCount}`);
    await sleep(50);
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

function inputRows(): string {
  const options = `columns = {${readJsonColumns}}, format = 'newline_delimited'`;
  return `(SELECT * FROM read_json('${input}', ${options}) WHERE ${filter})`;
}

async function fingerprintOf(relation: string): Promise<string> {
  const select = `SELECT ${fingerprint} AS text FROM ${relation}`;
  const [row] = await engine.connection.rows(select);
  return String(row?.['text']);
}

function check(name: string, found: string): void {
  if (found !== expected) throw new Error(`${name} has the rows ${found}, not ${expected}`);
}

function rate(durationMs: number): number {
  return (eventCount / durationMs) * 1000;
}

function readingMs(runs: readonly RunCost[]): number {
  return median(runs.map((run) => run.readingMs));
}

function costText(runs: readonly RunCost[]): string {
  const whole = seconds(median(runs.map(({ wholeMs }) => wholeMs)));
  const cpu = seconds(median(runs.map(({ cpuMs }) => cpuMs)));
  const peak = median(runs.map(({ peakBytes }) => peakBytes));
  const brokerCpu = seconds(median(runs.map(({ brokerCpuMs }) => brokerCpuMs)));
  return (
    `${seconds(readingMs(runs))} (CPU ${cpu}, the broker's ${brokerCpu}; ` +
    `${whole} with the program's start; at most ${megabytes(peak)})`
  );
}
