/**
 * Windows, sessions, joins and Nexmark over topics that are full already, beside Flink and Spark:
 *
 *     npm run bench -- streaming [--queries hop,q5] [--systems helios,flink] [--rows N]
 */
import { KafkaBroker, kafkaParts } from '../test/peers/kafka.ts';
import { median, megabytes, report, say, seconds, thousands } from './measurement.ts';
import type { RunCost } from './peers/contender.ts';
import { readSettings, scaled } from './settings.ts';
import type { Place, StreamContender } from './streaming/contender.ts';
import { flinkStreams } from './streaming/flink.ts';
import { runHelios } from './streaming/helios.ts';
import type { Input } from './streaming/input.ts';
import { nexmarkQueries } from './streaming/nexmark-queries.ts';
import { endedRows, fingerprintOf, type StreamQuery } from './streaming/query.ts';
import { shopQueries } from './streaming/shop-queries.ts';
import { sparkStreams } from './streaming/spark.ts';
import { fillTopic, partitionCount } from './streaming/topic.ts';
import { type BenchEngine, openEngine, Workspace } from './workspace.ts';

type Expected = { readonly rows: number; readonly fingerprint: string };

const settings = readSettings();
const eventCount = settings.rows ?? scaled(settings, 5_000_000);
/** With fewer events, a peer's start is what is measured. */
const tellingEvents = 1_000_000;
/** Of Helios; the others, whose programs take minutes, have one turn each. */
const rounds = settings.rounds ?? 3;
const all = [...shopQueries, ...nexmarkQueries];
const asked = chosen();

using workspace = new Workspace('streaming');
const parts = await kafkaParts();
if (parts === undefined) throw new Error('Kafka needs Java and Maven.');
using engine: BenchEngine = await openEngine();
await using broker = await KafkaBroker.create(parts, { isOptimised: true });
const place: Place = { bootstrap: broker.bootstrap.plaintext, brokerPid: broker.pid ?? 0 };
const contenders = await others();
for (const input of new Set(asked.map((query) => query.input))) {
  const path = await fillTopic({ parts, broker }, input, eventCount);
  say(`${thousands(eventCount)} events are in Kafka`);
  await openOracle(input, path);
  for (const query of asked.filter((one) => one.input === input)) {
    await compare(query).catch((thrown: unknown) => tellFailure(query, thrown));
  }
}

async function compare(query: StreamQuery): Promise<void> {
  const expected = await answerOf(query, `(${query.oracle})`);
  say(`${query.name}: ${thousands(expected.rows)} rows`);
  const theirs = new Map<string, RunCost>();
  for (const contender of contenders) {
    const cost = await runOther(contender, query, expected);
    if (cost !== undefined) theirs.set(contender.name, cost);
  }
  const ours: RunCost[] = [];
  for (let turn = 0; turn < rounds && isAsked('Helios'); turn++) {
    const folder = workspace.inside(`helios-${query.name}-${turn}`);
    const { fingerprint, ...cost } = await runHelios(query, place, { folder, rows: expected.rows });
    say(`${query.name}, Helios: ${costText([cost])}`);
    check(`Helios, ${query.name}`, fingerprint, expected);
    ours.push(cost);
  }
  if (ours.length > 0) tell(query, ours, theirs);
}

function tell(
  query: StreamQuery,
  ours: readonly RunCost[],
  theirs: ReadonlyMap<string, RunCost>,
): void {
  const flink = [...theirs].find(([name]) => name.startsWith('Flink'))?.[1];
  const ratio = flink === undefined ? undefined : flink.readingMs / readingMs(ours);
  const isTelling = ratio !== undefined && eventCount >= tellingEvents;
  const peers = [...theirs].map(
    ([name, cost]) => `${name}: ${thousands(rate(cost.readingMs))}/s, ${megabytes(cost.peakBytes)}`,
  );
  report({
    what: `streaming: ${query.what}`,
    value: `${thousands(rate(readingMs(ours)))} events/s, ${megabytes(peakBytes(ours))}`,
    peer: peers.join('; '),
    ratio,
    goal: `≥ ${query.goalRatio} × Flink`,
    isMet: isTelling ? ratio >= query.goalRatio : undefined,
    isBehindPeer: [...theirs.values()].some((cost) => cost.readingMs < readingMs(ours)),
    detail:
      `${thousands(eventCount)} events in ${partitionCount} partitions, from when a program that ` +
      `has started begins to read until all rows of windows that are over are visible; memory is ` +
      `the peak of all processes (PSS); Helios ${costText(ours)}` +
      [...theirs].map(([name, cost]) => `; ${name} ${costText([cost])}`).join(''),
  });
}

function tellFailure(query: StreamQuery, thrown: unknown): void {
  say(String(thrown));
  report({
    what: `streaming: ${query.what}`,
    value: 'failed',
    peer: '',
    ratio: undefined,
    goal: `≥ ${query.goalRatio} × Flink`,
    isMet: false,
    isBehindPeer: false,
    detail: String(thrown).split('\n')[0] ?? '',
  });
}

/** Those that can be had here; a peer that can't be is told of and left out. */
async function others(): Promise<readonly StreamContender[]> {
  const found: StreamContender[] = [];
  for (const [name, make] of [
    ['flink', flinkStreams],
    ['spark', sparkStreams],
  ] as const) {
    if (!isAsked(name)) continue;
    const contender = await make(place).catch((thrown: unknown) => say(String(thrown)));
    if (contender !== undefined) found.push(contender);
  }
  return found;
}

async function runOther(
  contender: StreamContender,
  query: StreamQuery,
  expected: Expected,
): Promise<RunCost | undefined> {
  const folder = workspace.inside(`${contender.name.split(' ')[0]}-${query.name}`);
  const run = await contender.run(query, folder).catch((thrown: unknown) => say(String(thrown)));
  if (run === undefined) return undefined;
  const { rows, ...cost } = run;
  say(`${query.name}, ${contender.name}: ${costText([cost])}`);
  const found = await answerOf(query, rows);
  check(`${contender.name}, ${query.name}`, found.fingerprint, expected);
  return cost;
}

/** DuckDB over all events of the file at once says what is right. */
async function openOracle(input: Input, path: string): Promise<void> {
  const options = `columns = {${input.readColumns}}, format = 'newline_delimited'`;
  for (const view of [
    `CREATE VIEW input AS SELECT * FROM read_json('${path}', ${options})`,
    ...input.oracle,
  ]) {
    await engine.connection.execute(view.replace('CREATE VIEW', 'CREATE OR REPLACE VIEW'));
  }
}

async function answerOf(query: StreamQuery, relation: string): Promise<Expected> {
  const select = `SELECT ${fingerprintOf(query)} AS text FROM ${endedRows(query, relation)}`;
  const [row] = await engine.connection.rows(select);
  const fingerprint = String(row?.['text']);
  return { rows: Number(fingerprint.split(' ')[0]), fingerprint };
}

function check(name: string, found: string, { fingerprint }: Expected): void {
  if (found !== fingerprint) throw new Error(`${name}: ${found}, and not ${fingerprint}`);
}

function chosen(): readonly StreamQuery[] {
  const names = settings.queries ?? all.map(({ name }) => name);
  const unknown = names.filter((name) => !all.some((query) => query.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    throw new Error(`There is no query ${unknown.join(', ')}; there are ${known}.`);
  }
  return all.filter(({ name }) => names.includes(name));
}

function isAsked(system: string): boolean {
  return settings.systems?.includes(system.toLowerCase()) ?? true;
}

function rate(durationMs: number): number {
  return (eventCount / durationMs) * 1000;
}

function readingMs(runs: readonly RunCost[]): number {
  return median(runs.map((run) => run.readingMs));
}

function peakBytes(runs: readonly RunCost[]): number {
  return Math.max(...runs.map((run) => run.peakBytes));
}

function costText(runs: readonly RunCost[]): string {
  const cpu = seconds(median(runs.map(({ cpuMs }) => cpuMs)));
  const brokerCpu = seconds(median(runs.map(({ brokerCpuMs }) => brokerCpuMs)));
  const peak = megabytes(peakBytes(runs));
  return `${seconds(readingMs(runs))} (CPU ${cpu}, the broker's ${brokerCpu}; ${peak})`;
}
