/** What a table in an object store asks of it, and what that costs: at rest and under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { load, untilAtLeast } from './helios.ts';
import { report, say, thousands } from './measurement.ts';
import { CountingProxy, type RequestCounts, startStore, storeEnvironment } from './object-store.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const restSeconds = scaled(settings, 60, 5);
const loadSeconds = scaled(settings, 60, 10);
const rate = 1000;
/** So many rolls of the default rolling policy (128 MB or five minutes) has an hour. */
const rollsAnHour = 12;
const rollSeconds = 5;
const hoursAMonth = 720;
/** AWS's list price in us-east-1 for 1,000 requests, in dollars; LIST is priced as PUT. */
const writePrice = 0.005;
const readPrice = 0.0004;

using workspace = new Workspace('s3-requests');
await using store = await startStore(workspace.inside('store'));
await using proxy = await CountingProxy.start(store.endpoint);
await using helios = await HeliosProcess.start({
  dataDirectory: workspace.inside('data'),
  environment: { ...storeEnvironment, AWS_ENDPOINT_URL_S3: proxy.endpoint },
});
await helios.call('POST', '/api/v1/pipelines', {
  name: 't',
  sql: `CREATE TABLE source (${eventColumnList}) WITH (connector = 'http', stream = 'bench',
      format = 'json', type = 'source');
    CREATE TABLE t WITH (connector = 'delta', path = 's3://${store.bucket}/t', format = 'parquet',
      type = 'sink', 'rolling_policy.interval' = interval '${rollSeconds} seconds');
    INSERT INTO t SELECT * FROM source;`,
});
await untilAtLeast(helios, 'SELECT count(*) FROM t', { least: 0, pauseMs: 100 });
await measureRest();
await measureLoad();

async function measureRest(): Promise<void> {
  proxy.take();
  await sleep(restSeconds * 1000);
  const counts = proxy.take();
  const writes = writesOf(counts);
  report({
    what: 'S3: PUT requests of a running pipeline at rest',
    value: `${writes} in ${restSeconds} s`,
    peer: '',
    ratio: undefined,
    goal: '0',
    isMet: writes === 0,
    isBehindPeer: false,
    detail: `all requests: ${told(counts)}`,
  });
}

async function measureLoad(): Promise<void> {
  const { version: before } = await facts();
  await load({
    url: `${await helios.ready()}/ingest/bench`,
    file: await shopEventsFile(postedEvents(100_000)),
    seconds: String(loadSeconds),
    rate: String(rate),
    events: '20',
  });
  const end = await settled();
  const counts = proxy.take();
  const rolls = end.version - before;
  const [writes, lists, reads] = [writesOf, listsOf, readsOf].map((of) => of(counts) / rolls);
  const dollars = (rollsAnHour * priceOf(counts)) / rolls;
  say(`${rolls} rolls: ${told(counts)}`);
  report({
    what: `S3: PUT requests an hour at ${thousands(rate)} events/s, default rolling policy`,
    value: thousands(rollsAnHour * (writes ?? 0)),
    peer: '',
    ratio: undefined,
    goal: 'priced',
    isMet: true,
    isBehindPeer: false,
    detail:
      `${writes?.toFixed(1)} PUT, ${lists?.toFixed(1)} LIST, ${reads?.toFixed(1)} GET and HEAD a ` +
      `roll, seen in ${rolls} rolls, times ${rollsAnHour} an hour: ` +
      `$${(dollars * hoursAMonth).toFixed(2)} a month for all of them`,
  });
}

type Facts = { readonly version: number; readonly hot_rows: number };

async function facts(): Promise<Facts> {
  return await helios.call<Facts>('GET', '/api/v1/tables/t');
}

/** Once everything is rolled. */
async function settled(): Promise<Facts> {
  for (;;) {
    const now = await facts();
    if (now.hot_rows === 0) return now;
    await sleep(500);
  }
}

function writesOf({ PUT = 0, POST = 0 }: RequestCounts): number {
  return PUT + POST;
}

function listsOf({ LIST = 0 }: RequestCounts): number {
  return LIST;
}

function readsOf({ GET = 0, HEAD = 0 }: RequestCounts): number {
  return GET + HEAD;
}

/** In dollars; DELETE costs nothing. */
function priceOf(counts: RequestCounts): number {
  const dear = (writesOf(counts) + listsOf(counts)) * writePrice;
  return (dear + readsOf(counts) * readPrice) / 1000;
}

function told(counts: RequestCounts): string {
  const words = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return words.length === 0 ? 'none' : words.join(', ');
}
