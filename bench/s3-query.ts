/** Queries over a table in an object store, beside DuckDB's delta_scan of the same table. */
import { rm } from 'node:fs/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { DeltaScan, deltaExtensions } from './delta-extension.ts';
import { untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, thousands, timed } from './measurement.ts';
import { startStore, storeEnvironment } from './object-store.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rowCount = settings.rows ?? scaled(settings, 2_000_000);
const rounds = settings.rounds ?? 5;
const warmRounds = 5;
const queries = [
  {
    name: 'group by: top five products',
    sql: `SELECT product_id, count(*) AS views FROM t WHERE type = 'product_view'
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`,
  },
  { name: 'one narrow column: sum', sql: 'SELECT sum(quantity) FROM t' },
  {
    name: 'all columns of one user',
    sql: `SELECT * FROM t WHERE user_id = 'user-77' ORDER BY id LIMIT 100`,
  },
];

using workspace = new Workspace('s3-query');
await using store = await startStore(workspace.inside('store'));
const extensions = await deltaExtensions();
const dataDirectory = workspace.inside('data');
const environment = { ...storeEnvironment, AWS_ENDPOINT_URL_S3: store.endpoint };
await fill();
const ours: Took[][] = [];
const theirs: Took[][] = [];
for (let round = 1; round <= rounds; round++) {
  theirs.push(await askDuckdb());
  ours.push(await askHelios());
  say(`round ${round}: DuckDB ${told(theirs.at(-1))}; Helios ${told(ours.at(-1))}`);
}
for (const [index, { name }] of queries.entries()) {
  for (const kind of ['coldMs', 'warmMs'] as const) {
    const value = median(ours.map((round) => round[index]?.[kind] ?? Number.NaN));
    const peer = median(theirs.map((round) => round[index]?.[kind] ?? Number.NaN));
    const ratio = value / peer;
    report({
      what: `${thousands(rowCount)} rows on S3, ${name}, ${kind === 'coldMs' ? 'cold' : 'warm'}`,
      value: milliseconds(value),
      peer: `DuckDB's delta_scan of the same table: ${milliseconds(peer)}`,
      ratio,
      goal: '≤ 1',
      isMet: ratio <= 1,
      isBehindPeer: ratio > 1,
      detail:
        kind === 'coldMs'
          ? `nothing of the table on this machine, both just started; ${store.name} on this disk`
          : `the same again, median of ${warmRounds}; Helios has the files in its cache`,
    });
  }
}

type Took = { readonly coldMs: number; readonly warmMs: number };

function told(round: readonly Took[] | undefined): string {
  const times = (round ?? []).map(({ coldMs, warmMs }) => [coldMs, warmMs].map(milliseconds));
  return times.map((pair) => pair.join(' then ')).join(', ');
}

/** A table for each query, so that each finds nothing that the one before it has fetched. */
async function fill(): Promise<void> {
  const file = await shopEventsFile(postedEvents(rowCount));
  await using helios = await HeliosProcess.start({ dataDirectory, environment });
  const sinks = queries.map(
    (_, index) => `CREATE TABLE t${index} WITH (connector = 'delta', path = '${urlOf(index)}',
        format = 'parquet', type = 'sink', 'rolling_policy.file_size' = '10MB');
      INSERT INTO t${index} SELECT * FROM source;`,
  );
  await helios.call('POST', '/api/v1/pipelines', {
    name: 't',
    sql: `CREATE TABLE source (${eventColumnList}) WITH (connector = 'single_file',
        path = '${file}', format = 'json', type = 'source');
      ${sinks.join('\n')}`,
  });
  const count = `SELECT count(*) FROM t${queries.length - 1}`;
  await untilAtLeast(helios, count, { least: rowCount, pauseMs: 500 });
  await helios.call('PATCH', '/api/v1/pipelines/t', { state: 'stopped' });
  const table = await helios.call<{ files: number; bytes: number }>('GET', '/api/v1/tables/t0');
  const size = `${table.files} files, ${thousands(table.bytes / 1e6)} MB`;
  say(`${thousands(rowCount)} rows in ${size}; ${store.name}`);
  await helios.stop();
}

async function askHelios(): Promise<Took[]> {
  await rm(`${dataDirectory}/cache`, { recursive: true, force: true });
  await using helios = await HeliosProcess.start({ dataDirectory, environment });
  await helios.query('SELECT 1');
  const all: Took[] = [];
  for (const [index, { sql }] of queries.entries()) {
    const text = sql.replace('FROM t', `FROM t${index}`);
    all.push(await took(async () => await helios.query(text)));
  }
  return all;
}

async function askDuckdb(): Promise<Took[]> {
  const { endpoint } = store;
  const tempDirectory = workspace.inside('duckdb');
  using peer = await DeltaScan.open(extensions, { endpoint, tempDirectory });
  const all: Took[] = [];
  for (const [index, { sql }] of queries.entries()) {
    const text = sql.replace('FROM t', `FROM delta_scan('${urlOf(index)}')`);
    all.push(await took(async () => await peer.connection.rows(text)));
  }
  return all;
}

function urlOf(index: number): string {
  return `s3://${store.bucket}/t${index}`;
}

async function took(ask: () => Promise<unknown>): Promise<Took> {
  const cold = await timed(ask);
  const warmMs: number[] = [];
  for (let round = 0; round < warmRounds; round++) warmMs.push((await timed(ask)).tookMs);
  return { coldMs: cold.tookMs, warmMs: median(warmMs) };
}
