/** Queries over hot and cold rows, against DuckDB over the same rows in one Parquet file. */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { type Events, readJsonColumns, shopEventsFile } from './data.ts';
import { createPipeline, untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, thousands, timed } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { openEngine, Workspace } from './workspace.ts';

const settings = readSettings();
const coldCount = scaled(settings, 2_000_000);
const hotCount = scaled(settings, 300_000);
const rounds = settings.rounds ?? 15;
const ratioMax = 1.2;
const bodyBytes = 4_000_000;
const refusedPauseMs = 50;
const queries = [
  {
    name: 'group by: top five products',
    sql: `SELECT product_id, count(*) AS views FROM t WHERE type = 'product_view'
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`,
  },
  {
    name: 'group by: events a minute',
    sql: `SELECT date_trunc('minute', seen_at) AS minute, count(*) FROM t GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'filter: one user’s events',
    sql: `SELECT id, type, page FROM t WHERE user_id = 'user-77' ORDER BY id LIMIT 100`,
  },
];
const sums = `SELECT count(*), sum(id), count(DISTINCT user_id), epoch(max(seen_at))::BIGINT
  FROM t`;

using workspace = new Workspace('query');
const compacted = workspace.inside('compacted.parquet');
using engine = await openEngine();
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
const hotRows = await fill();
await checkSameRows();
const overheadMs = await medianMs(async () => await helios.query('SELECT 1'));
for (const { name, sql } of queries) {
  const ours: number[] = [];
  const inside: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const peer = await timed(async () => await askDuckdb(sql));
    const helio = await timed(async () => await helios.query(sql));
    // The first of each warms up.
    if (round === 0) continue;
    theirs.push(peer.tookMs);
    ours.push(helio.tookMs);
    inside.push(helio.result.ms);
  }
  const ratio = median(ours) / median(theirs);
  report({
    what: `${thousands(coldCount)} cold + ${thousands(hotCount)} hot rows, ${name}`,
    value: milliseconds(median(ours)),
    peer: `DuckDB in process over one compacted Parquet: ${milliseconds(median(theirs))}`,
    ratio,
    goal: `≤ ${ratioMax}`,
    isMet: ratio <= ratioMax,
    isBehindPeer: ratio > 1,
    detail:
      `the whole HTTP request, of which a SELECT 1 takes ${milliseconds(overheadMs)} ` +
      `(process and protocol); ${milliseconds(median(inside))} by the server's own clock; ` +
      `${thousands(hotRows)} rows were hot; both with as many threads as cores`,
  });
}

/** Cold rows, hot rows, and DuckDB's file of the same; gives how many rows are hot. */
async function fill(): Promise<number> {
  const cold: Events = { count: coldCount, startAt: '2026-11-01 00:00:00', secondsApart: 0.01 };
  const hot: Events = { count: hotCount, startAt: '2026-11-02 00:00:00', secondsApart: 0.01 };
  const [coldFile, hotFile] = [await shopEventsFile(cold), await shopEventsFile(hot)];
  await engine.connection.execute(
    `COPY (SELECT * FROM read_json(['${coldFile}', '${hotFile}'], columns = {${readJsonColumns}}))
       TO '${compacted}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  await createPipeline(helios, { name: 't', path: workspace.inside('t'), interval: '1 hour' });
  await post(coldFile, coldCount);
  // Stopping rolls: what came before is cold, what comes after stays hot.
  await helios.call('PATCH', '/api/v1/pipelines/t', { state: 'stopped' });
  await helios.call('PATCH', '/api/v1/pipelines/t', { state: 'running' });
  await post(hotFile, coldCount + hotCount);
  const { saw } = await helios.query('SELECT count(*) FROM t');
  return saw[0]?.hot_rows ?? 0;
}

/** Sends the file's lines, and waits until so many rows are visible. */
async function post(path: string, rowsAfter: number): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: bodyBytes })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    await send(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
  await untilAtLeast(helios, 'SELECT count(*) FROM t', { least: rowsAfter, pauseMs: 200 });
}

async function send(body: Buffer<ArrayBuffer>): Promise<void> {
  for (;;) {
    const response = await helios.request('/ingest/bench', { method: 'POST', body });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 429 && response.status !== 503) throw new Error(text);
    await sleep(refusedPauseMs);
  }
}

async function checkSameRows(): Promise<void> {
  const [ours = []] = (await helios.query(sums)).rows;
  const [theirs = {}] = await askDuckdb(sums);
  const [left, right] = [ours.map(String).join(), Object.values(theirs).map(String).join()];
  say(`count, sum of ids, users, newest: ${left}`);
  if (left !== right) throw new Error(`the rows differ: Helios ${left}, DuckDB ${right}`);
}

async function askDuckdb(sql: string): ReturnType<typeof engine.connection.rows> {
  return await engine.connection.rows(sql.replace('FROM t', `FROM '${compacted}'`));
}

async function medianMs(action: () => Promise<unknown>): Promise<number> {
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) tookMs.push((await timed(action)).tookMs);
  return median(tookMs);
}
