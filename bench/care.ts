/**
 * What sustained ingest that rolls every second leaves to readers, with nobody calling anything:
 * files beside the ideal number, a query beside the same table merged as far as it goes, and
 * whether files, queries and memory stay as they are while it lasts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { load, memoryBytes, untilAtLeast } from './helios.ts';
import { megabytes, milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const seconds = settings.minutes === undefined ? scaled(settings, 600, 20) : settings.minutes * 60;
const rate = scaled(settings, 100_000, 5_000);
/** A shorter run has as many files in a table as the whole one, of as much shorter length. */
const share = (seconds / 600) * (rate / 100_000);
const fileBytes = Math.max(1024 * 1024, Math.round(128 * 1024 * 1024 * share));
/** The last files of a partition become one after a minute. */
const quietMsMax = 240_000;
const queryRounds = 31;
/** The run is looked at in as many stretches; the first of them is still filling up. */
const stretches = 5;
/** A shorter run says nothing of how it goes on. */
const steadySecondsMin = 300;
const sql = `SELECT type, count(*), sum(price), max(user_id) FROM t
  WHERE quantity > 1 GROUP BY type`;

type Facts = { readonly partition: string; readonly files: number; readonly bytes: number };

/** What one question saw. */
type Sample = {
  readonly atMs: number;
  readonly tookMs: number;
  readonly rows: number;
  readonly files: number;
  readonly memoryBytes: number;
};

/** One stretch of the run. */
type Stretch = {
  readonly filesMost: number;
  readonly tookMs: number;
  readonly rows: number;
  readonly memoryBytes: number;
};

using workspace = new Workspace('care');
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await helios.call('POST', '/api/v1/pipelines', {
  name: 't',
  sql: `CREATE TABLE source (${eventColumnList}) WITH (connector = 'http', stream = 'bench',
      format = 'json', type = 'source');
    CREATE TABLE t WITH (connector = 'delta', path = 'file://${workspace.inside('t')}',
      format = 'parquet', type = 'sink', partition_fields = 'type',
      'rolling_policy.interval' = interval '1 second',
      'rolling_policy.file_size' = '${fileBytes}');
    INSERT INTO t SELECT * FROM source;`,
});
await untilAtLeast(helios, 'SELECT count(*) FROM t', { least: 0, pauseMs: 100 });
const asking = new AbortController();
const asked = askAllTheTime(asking.signal);
const { eventsAll } = await load({
  url: `${await helios.ready()}/ingest/bench`,
  file: await shopEventsFile(postedEvents(100_000)),
  seconds: String(seconds),
  rate: String(rate),
  events: '500',
});
await untilAtLeast(helios, 'SELECT count(*) FROM t', { least: eventsAll, pauseMs: 200 });
asking.abort();
const samples = await asked;
const left = await untilSettled();
const runs = await helios.queryNumber(
  `SELECT count(*) FROM helios.maintenance WHERE action = 'optimize' AND outcome = 'done'`,
);
const leftMs = await queryMs();
await (await helios.request('/api/v1/tables/t/optimize', optimizeNow())).text();
const merged = await filesOf();
const mergedMs = await queryMs();
reportFiles();
reportQuery();
reportSteadiness();

/** As a dashboard would. */
async function askAllTheTime(signal: AbortSignal): Promise<readonly Sample[]> {
  const seen: Sample[] = [];
  while (!signal.aborted) {
    const atMs = performance.now();
    const { rows } = await helios.query(sql);
    const tookMs = performance.now() - atMs;
    seen.push({
      atMs,
      tookMs,
      rows: rows.reduce((sum, row) => sum + Number(row[1]), 0),
      files: count(await filesOf()),
      memoryBytes: memoryBytes(helios.pid),
    });
    await sleep(500);
  }
  return seen;
}

/** Nothing is hot, and no partition has a second small file; or the time is up. */
async function untilSettled(): Promise<readonly Facts[]> {
  const endMs = performance.now() + quietMsMax;
  for (;;) {
    const facts = await filesOf();
    const hot = await helios.queryNumber('SELECT count(*) FROM helios.files WHERE is_hot');
    const several = await helios.queryNumber(
      `SELECT count(*) FROM (SELECT partition_values FROM helios.files
        WHERE table_name = 't' AND NOT is_hot AND bytes < ${fileBytes / 2}
        GROUP BY ALL HAVING count(*) > 1)`,
    );
    if ((hot === 0 && several === 0) || performance.now() > endMs) return facts;
    await sleep(1000);
  }
}

async function filesOf(): Promise<readonly Facts[]> {
  const answer = await helios.query(
    `SELECT partition_values, count(*), sum(bytes) FROM helios.files
      WHERE table_name = 't' AND NOT is_hot GROUP BY ALL`,
  );
  return answer.rows.map(([partition, files, bytes]) => ({
    partition: String(partition),
    files: Number(files),
    bytes: Number(bytes),
  }));
}

function count(facts: readonly Facts[]): number {
  return facts.reduce((sum, { files }) => sum + files, 0);
}

async function queryMs(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < queryRounds; round++) {
    const startMs = performance.now();
    await helios.query(sql);
    times.push(performance.now() - startMs);
  }
  return quantile(times.slice(1), 0.25);
}

function optimizeNow(): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
}

function reportFiles(): void {
  const ideal = merged.reduce((sum, { bytes }) => sum + Math.ceil(bytes / fileBytes), 0);
  const files = count(left);
  const most = `at most ${Math.max(...samples.map((one) => one.files))} while it ran`;
  const asks = thousands(samples.length);
  say(`${thousands(eventsAll)} events, ${asks} queries; merged: ${count(merged)} files`);
  report({
    what: 'Files that sustained ingest leaves, rolling every second',
    value: `${files} (${most})`,
    peer: `${ideal} ideally`,
    ratio: files / ideal,
    goal: '≤ 1.2 ×',
    isMet: files <= 1.2 * ideal,
    isBehindPeer: false,
    detail:
      `${thousands(rate)} events/s for ${seconds} s, files of ${fileBytes} bytes, ` +
      `${runs} runs`,
  });
}

function reportQuery(): void {
  report({
    what: 'Query over what sustained ingest leaves',
    value: `${leftMs.toFixed(1)} ms`,
    peer: `${mergedMs.toFixed(1)} ms fully merged`,
    ratio: leftMs / mergedMs,
    goal: '≤ 1.2 ×',
    isMet: leftMs <= 1.2 * mergedMs,
    isBehindPeer: false,
    detail: 'first quartile of 30, warm',
  });
}

function reportSteadiness(): void {
  const [, second, ...later] = stretchesOf(samples);
  const last = later.at(-1);
  if (seconds < steadySecondsMin || second === undefined || last === undefined) return;
  const perRows = (stretch: Stretch): number => stretch.tookMs / (stretch.rows / 1e6);
  const ratio = Math.max(
    last.filesMost / second.filesMost,
    perRows(last) / perRows(second),
    last.memoryBytes / second.memoryBytes,
  );
  const text = (stretch: Stretch): string =>
    `${stretch.filesMost} files, ${milliseconds(perRows(stretch))} a query and million rows, ` +
    megabytes(stretch.memoryBytes);
  report({
    what: 'Sustained ingest with readers, from its second fifth to its last',
    value: text(last),
    peer: text(second),
    ratio,
    goal: '≤ 1.25 × of each',
    isMet: ratio <= 1.25,
    isBehindPeer: false,
    detail:
      `${thousands(rate)} events/s for ${seconds} s; each fifth's most files at a time, median ` +
      'query and median memory of all processes (PSS): ' +
      stretchesOf(samples)
        .map((one) => `${thousands(one.rows)} rows in ${milliseconds(one.tookMs)}, ${text(one)}`)
        .join('; '),
  });
}

function stretchesOf(all: readonly Sample[]): readonly Stretch[] {
  const startMs = all[0]?.atMs ?? 0;
  const lengthMs = ((all.at(-1)?.atMs ?? 0) - startMs) / stretches + 1;
  const groups = Map.groupBy(all, ({ atMs }) => Math.floor((atMs - startMs) / lengthMs));
  return [...groups.values()].map((group) => ({
    filesMost: Math.max(...group.map(({ files }) => files)),
    tookMs: quantile(
      group.map(({ tookMs }) => tookMs),
      0.5,
    ),
    rows: quantile(
      group.map(({ rows }) => rows),
      0.5,
    ),
    memoryBytes: quantile(
      group.map((one) => one.memoryBytes),
      0.5,
    ),
  }));
}
