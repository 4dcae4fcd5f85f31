/** NDJSON file → SQL filter → Delta by `helios run`, against DuckDB's own COPY of the file. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { median, report, say, seconds, thousands } from './measurement.ts';
import { type ProgramCost, runHelios, runProgram } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
/** `--rows 10000000` shows what is left of the ratio when starting counts for less. */
const eventCount = settings.rows ?? scaled(settings, 2_000_000);
const file =
  settings.rows === undefined ? 'JSON file' : `JSON file of ${thousands(settings.rows)} events`;
const rounds = settings.rounds ?? 5;
const ratioMin = 0.6;
const cases = [
  { name: 'a filter that keeps 5 %', filter: "type = 'account_created'" },
  { name: 'a filter that keeps 78 %', filter: "type <> 'page_view'" },
];

using workspace = new Workspace('json-delta');
const input = await shopEventsFile(postedEvents(eventCount));
say(`${thousands(eventCount)} events, ${Math.round(statSync(input).size / eventCount)} bytes each`);
let runs = 0;
for (const { name, filter } of cases) {
  const ours: ProgramCost[] = [];
  const theirs: ProgramCost[] = [];
  for (let round = 1; round <= rounds; round++) {
    theirs.push(copyByDuckdb(filter));
    ours.push(copyByHelios(filter));
    say(`${name}: DuckDB ${costText(theirs.slice(-1))}, Helios ${costText(ours.slice(-1))}`);
  }
  const ratio = wallMs(theirs) / wallMs(ours);
  report({
    what: `${file} → ${name} → Delta (zstd)`,
    value: `${thousands((eventCount / wallMs(ours)) * 1000)} events/s`,
    peer: `DuckDB COPY read_json TO parquet: ${thousands((eventCount / wallMs(theirs)) * 1000)}/s`,
    ratio,
    goal: `≥ ${ratioMin}`,
    isMet: ratio >= ratioMin,
    isBehindPeer: ratio < 1,
    detail:
      `${thousands(eventCount)} events, whole processes from start to end; ` +
      `Helios ${costText(ours)}, DuckDB ${costText(theirs)}`,
  });
}

function copyByDuckdb(filter: string): ProgramCost {
  const target = workspace.inside(`duckdb-${++runs}.parquet`);
  return runProgram(join(import.meta.dirname, 'duckdb-copy.ts'), [input, filter, target]);
}

function copyByHelios(filter: string): ProgramCost {
  const script = workspace.inside(`run-${++runs}.sql`);
  const target = workspace.inside(`delta-${runs}`);
  writeFileSync(
    script,
    `CREATE TABLE events (${eventColumnList}) WITH (connector = 'single_file',
       path = '${input}', format = 'json', type = 'source');
     CREATE TABLE kept WITH (connector = 'delta', path = 'file://${target}',
       format = 'parquet', type = 'sink', 'parquet.compression' = 'zstd');
     INSERT INTO kept SELECT * FROM events WHERE ${filter};`,
  );
  return runHelios(script);
}

function wallMs(costs: readonly ProgramCost[]): number {
  return median(costs.map((cost) => cost.wallMs));
}

function costText(costs: readonly ProgramCost[]): string {
  return `${seconds(wallMs(costs))} (CPU ${seconds(median(costs.map(({ cpuMs }) => cpuMs)))})`;
}
