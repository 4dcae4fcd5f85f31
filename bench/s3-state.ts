/** What a machine's state and its log of acknowledged events ask of a store, by its own metrics. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { load, untilAtLeast } from './helios.ts';
import { report, say, thousands } from './measurement.ts';
import { startStore, storeEnvironment } from './object-store.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const restSeconds = scaled(settings, 60, 5);
const loadSeconds = scaled(settings, 60, 10);
const rate = 1000;
const hourSeconds = 3600;
const hoursAMonth = 720;
/** AWS's list price in us-east-1 for 1,000 requests, in dollars; what isn't here is free. */
const prices: Readonly<Record<string, number>> = {
  ...{ PutObject: 0.005, ListObjectsV2: 0.005, CreateMultipartUpload: 0.005, UploadPart: 0.005 },
  ...{ CompleteMultipartUpload: 0.005, GetObject: 0.0004, HeadObject: 0.0004 },
};

using workspace = new Workspace('s3-state');
await using store = await startStore(workspace.inside('store'));
const place = `s3::${store.endpoint}/${store.bucket}`;
await using helios = await HeliosProcess.start({
  dataDirectory: workspace.inside('data'),
  options: ['--state', `${place}/helios`, '--ack', 's3'],
  environment: storeEnvironment,
});
await helios.call('POST', '/api/v1/pipelines', {
  name: 't',
  sql: `CREATE TABLE source (${eventColumnList}) WITH (connector = 'http', stream = 'bench',
      format = 'json', type = 'source');
    CREATE TABLE t WITH (connector = 'delta', path = '${place}/t', format = 'parquet',
      type = 'sink');
    INSERT INTO t SELECT * FROM source;`,
});
await untilAtLeast(helios, 'SELECT count(*) FROM t', { least: 0, pauseMs: 100 });

type Asked = {
  readonly use: 'state' | 'log';
  readonly operation: string;
  readonly count: number;
};

const atFirst = await asked();
await sleep(restSeconds * 1000);
const rested = since(atFirst, await asked());
const beforeLoad = await asked();
await load({
  url: `${await helios.ready()}/ingest/bench`,
  file: await shopEventsFile(postedEvents(100_000)),
  seconds: String(loadSeconds),
  rate: String(rate),
  events: '20',
});
const loaded = since(beforeLoad, await asked());
say(`at rest: ${told(rested)}; under load: ${told(loaded)}`);
for (const use of ['state', 'log'] as const) {
  const option = use === 'state' ? '--state' : '--ack s3';
  const own = loaded.filter((one) => one.use === use);
  const hourly = (count: number): number => (count * hourSeconds) / loadSeconds;
  const dollars = own.reduce((sum, one) => sum + costOf(one), 0);
  const resting = rested.filter((one) => one.use === use);
  report({
    what: `S3: requests an hour at ${thousands(rate)} events/s, ${option}`,
    value: thousands(hourly(own.reduce((sum, { count }) => sum + count, 0))),
    peer: '',
    ratio: undefined,
    goal: 'priced',
    isMet: true,
    isBehindPeer: false,
    detail:
      `$${(hourly(dollars) * hoursAMonth).toFixed(2)} a month of steady ingest, by ` +
      `helios.metrics: ${told(own)} in ${loadSeconds} s; at rest ${told(resting)} in ` +
      `${restSeconds} s`,
  });
}

async function asked(): Promise<readonly Asked[]> {
  const { rows } = await helios.query(
    `SELECT json_extract_string(labels, 'use'), json_extract_string(labels, 'operation'), value
       FROM helios.metrics WHERE name = 'store_requests_total'`,
  );
  return rows.flatMap(([use, operation, count]) =>
    use === 'state' || use === 'log'
      ? [{ use, operation: String(operation), count: Number(count) } as const]
      : [],
  );
}

function since(before: readonly Asked[], now: readonly Asked[]): readonly Asked[] {
  const countBefore = ({ use, operation }: Asked): number =>
    before.find((one) => one.use === use && one.operation === operation)?.count ?? 0;
  return now
    .map((one) => ({ ...one, count: one.count - countBefore(one) }))
    .filter(({ count }) => count > 0);
}

function costOf({ operation, count }: Asked): number {
  return ((prices[operation] ?? 0) * count) / 1000;
}

function told(all: readonly Asked[]): string {
  const words = all.map(({ use, operation, count }) => `${count} ${operation} (${use})`);
  return words.join(', ') || 'nothing';
}
