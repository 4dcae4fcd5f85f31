/** NDJSON file → SQL filter → Delta, by `helios run`, against DuckDB's own COPY of the same file. */
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, report, say, thousands, timed } from './measurement.ts';
import {
  eventColumnList,
  openEngine,
  readJsonColumns,
  shopEventsFile,
  Workspace,
} from './workspace.ts';

const eventCount = 2_000_000;
const rounds = 3;
const filter = "type <> 'page_view'";

using workspace = new Workspace('json-delta');
const input = await shopEventsFile(eventCount);
say(`${thousands(eventCount)} events, ${Math.round(statSync(input).size / eventCount)} bytes each`);
const ours: number[] = [];
const theirs: number[] = [];
for (let round = 1; round <= rounds; round++) {
  theirs.push(await copyByDuckdb(round));
  ours.push(await runHelios(round));
  say(`DuckDB ${thousands(theirs.at(-1)!)} ms, Helios ${thousands(ours.at(-1)!)} ms`);
}
const ratio = median(theirs) / median(ours);
report({
  what: 'JSON file → SQL filter → Delta (zstd), the whole process with its start and fsyncs',
  value: `${thousands((eventCount / median(ours)) * 1000)} events/s`,
  peer: `DuckDB COPY read_json TO parquet: ${thousands((eventCount / median(theirs)) * 1000)}/s`,
  ratio,
  goal: '≥ 0.6',
  isMet: ratio >= 0.6,
});

async function copyByDuckdb(round: number): Promise<number> {
  const engine = await openEngine();
  await using connection = await engine.connect();
  const read = `read_json('${input}', format = 'newline_delimited', columns = {${readJsonColumns}})`;
  const target = workspace.inside(`duckdb-${round}.parquet`);
  const { tookMs } = await timed(async () => {
    await connection.execute(
      `COPY (SELECT * FROM ${read} WHERE ${filter}) TO '${target}'
         (FORMAT parquet, COMPRESSION zstd)`,
    );
  });
  connection.close();
  engine.close();
  return tookMs;
}

async function runHelios(round: number): Promise<number> {
  const script = workspace.inside(`run-${round}.sql`);
  writeFileSync(
    script,
    `CREATE TABLE events (${eventColumnList}) WITH (connector = 'single_file',
       path = '${input}', format = 'json', type = 'source');
     CREATE TABLE kept WITH (connector = 'delta', path = 'file://${workspace.inside(`t${round}`)}',
       format = 'parquet', type = 'sink', 'parquet.compression' = 'zstd');
     INSERT INTO kept SELECT * FROM events WHERE ${filter};`,
  );
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const { result, tookMs } = await timed(async () =>
    spawnSync(process.execPath, [main, 'run', script], { encoding: 'utf8' }),
  );
  if (result.status !== 0) throw new Error(`helios run: ${result.stderr}`);
  return tookMs;
}
