/**
 * Runs benchmarks one after another, each in a process of its own:
 *
 *     npm run bench [-- NAME…] [--scale 0.1] [--rows N] [--rounds N] [--minutes N]
 *
 * Prints each number beside its goal and writes docs/benchmarks.md; a run with `--scale` below 1 is
 * a trial and writes nothing.
 */
import { join } from 'node:path';
import type { Measurement } from './measurement.ts';
import { type Result, resultTable, ResultsDocument } from './results.ts';
import { outputOf } from './program.ts';
import { readSettings } from './settings.ts';

const all = [
  'json-delta',
  'kafka',
  'kafka-freshness',
  'streaming',
  'streaming-state',
  'ingest',
  'broker-ingest',
  'freshness',
  'query',
  'top5',
  'start',
  'memory',
  'recovery',
  'bad-records',
  'kinesis',
  'snapshot',
  's3-query',
  's3-requests',
  's3-state',
  'care',
  'console',
];

const settings = readSettings();
const unknown = settings.names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${all.join(', ')}.`);
}
const options = process.argv.slice(2).filter((word) => !all.includes(word));
const asked =
  settings.names.length === 0 ? all : all.filter((name) => settings.names.includes(name));
const results: Result[] = [];
for (const name of asked) {
  console.error(`\n${name}`);
  results.push(...(await run(name)));
}
console.log(`\n${resultTable(results)}`);
if (settings.scale >= 1) {
  const document = new ResultsDocument(join(import.meta.dirname, '..', 'docs'));
  document.write(all, results);
}
process.exitCode = results.every(({ isFailed }) => !isFailed) ? 0 : 1;

/** A benchmark that fails is a result too: the others still run. */
async function run(benchmark: string): Promise<readonly Result[]> {
  const date = new Date().toISOString().slice(0, 10);
  try {
    const output = await outputOf(`${benchmark}.ts`, options);
    const lines = output.split('\n').filter((line) => line !== '');
    const measured = lines.map((line) => JSON.parse(line) as Measurement);
    return measured.map((one) => ({ ...one, benchmark, date, isFailed: false }));
  } catch (thrown) {
    console.error(thrown);
    return [failed(benchmark, date)];
  }
}

function failed(benchmark: string, date: string): Result {
  return {
    what: `${benchmark} as a whole`,
    value: 'failed',
    peer: '',
    ratio: undefined,
    goal: 'to run',
    isMet: false,
    isBehindPeer: false,
    detail: '',
    benchmark,
    date,
    isFailed: true,
  };
}
