/** Queries over hot and cold rows together, against DuckDB over the same rows in compacted Parquet. */
import { createReadStream } from 'node:fs';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { createPipeline, untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, thousands, timed } from './measurement.ts';
import { openEngine, readJsonColumns, shopEvents, shopEventsFile, Workspace } from './workspace.ts';

const coldCount = 2_000_000;
const hotCount = 300_000;
const rounds = 9;
const ratioMax = 1.2;
const bodyBytes = 4_000_000;
const queries = [
  {
    name: 'top five products',
    sql: `SELECT product_id, count(*) AS views FROM t WHERE type = 'product_view'
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`,
  },
  {
    name: 'events by minute',
    sql: `SELECT date_trunc('minute', seen_at) AS minute, count(*) FROM t GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'conversion by campaign',
    sql: `SELECT campaign, count(*) FILTER (WHERE type = 'purchase') / count(*) FROM t
      GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'one user’s events',
    sql: `SELECT id, type, page FROM t WHERE user_id = 'user-77' ORDER BY seen_at LIMIT 100`,
  },
];

using workspace = new Workspace('query');
const [coldFile, hotFile] = [await shopEventsFile(coldCount), workspace.inside('hot.ndjson')];
const engine = await openEngine();
await using connection = await engine.connect();
await connection.execute(
  `COPY (${shopEvents(hotCount, '2026-11-02 00:00:00', 0.01)}) TO '${hotFile}' (FORMAT json)`,
);
await connection.execute(
  `COPY (SELECT * FROM read_json(['${coldFile}', '${hotFile}'], columns = {${readJsonColumns}}))
     TO '${workspace.inside('compacted.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await createPipeline(helios, { name: 't', path: workspace.inside('t'), interval: '1 hour' });
await post(coldFile, coldCount);
// Stopping rolls: what came so far is cold, what comes now stays hot.
await helios.call('PATCH', '/api/v1/pipelines/t', { state: 'stopped' });
await helios.call('PATCH', '/api/v1/pipelines/t', { state: 'running' });
await post(hotFile, coldCount + hotCount);
const { saw } = await helios.query('SELECT count(*) FROM t');
say(`${thousands(saw[0]?.hot_rows ?? 0)} hot rows`);

for (const { name, sql } of queries) {
  const fromParquet = sql.replace('FROM t', `FROM '${workspace.inside('compacted.parquet')}'`);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    theirs.push((await timed(async () => await connection.rows(fromParquet))).tookMs);
    ours.push((await timed(async () => await helios.query(sql))).tookMs);
  }
  const ratio = median(ours) / median(theirs);
  report({
    what: `query over ${thousands(coldCount)} cold + ${thousands(hotCount)} hot rows: ${name}`,
    value: milliseconds(median(ours)),
    peer: `DuckDB in process, compacted Parquet: ${milliseconds(median(theirs))}`,
    ratio,
    goal: `≤ ${ratioMax}`,
    isMet: ratio <= ratioMax,
  });
}
connection.close();
engine.close();

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

async function send(body: Buffer): Promise<void> {
  for (;;) {
    const response = await helios.request('/ingest/bench', { method: 'POST', body });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 429 && response.status !== 503) throw new Error(text);
  }
}
