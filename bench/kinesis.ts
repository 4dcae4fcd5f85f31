/** Kinesis → Delta: put → visible to SQL at one read a second, and what 10 MB/s cost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { createStream, startKinesalite } from '../test/peers/kinesis.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { treeCpuMs } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const fresh = { shards: 4, eventsPerSecond: 900, putsPerSecond: 10, seconds: 0, p99Ms: 2000 };
fresh.seconds = scaled(settings, 40, 5);
const busy = { shards: 10, bytesPerSecond: 10_000_000, seconds: 0, coresMax: 0.5 };
busy.seconds = scaled(settings, 30, 5);
/** Puts that are not answered yet may be seen already. */
const putsInFlight = 50;
/** Between two questions; a marker is seen by asking again and again. */
const askEveryMs = 10;
/** Emulators take any credentials. */
const environment = {
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-east-1',
};

const file = await shopEventsFile(postedEvents(20_000));
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '');
await measureFreshness();
await measureCost();

/** Records that are put are seen after this long, at the rate that readers may share. */
async function measureFreshness(): Promise<void> {
  using workspace = new Workspace('kinesis-freshness');
  await using peer = await startKinesalite();
  await createStream(peer.client, 'fresh', fresh.shards);
  await using helios = await startHelios(workspace, 'fresh', peer.endpoint);
  const latenciesMs: number[] = [];
  const waiting = new Map<number, number>();
  const perPut = fresh.eventsPerSecond / fresh.putsPerSecond;
  let id = 1_000_000_000;
  const over = new AbortController();
  const answers: Promise<unknown>[] = [];
  const watching = watch();
  const startedAtMs = performance.now();
  const puts = fresh.seconds * fresh.putsPerSecond;
  for (let put = 0; put < puts; put++) {
    await sleep(Math.max(0, startedAtMs + (put * 1000) / fresh.putsPerSecond - performance.now()));
    const marker = id++;
    const records = Array.from({ length: perPut }, (_, at) => ({
      PartitionKey: `key-${put % 97}-${at}`,
      Data: Buffer.from(
        at === 0
          ? `{"id":${marker},"type":"marker"}`
          : (lines[(put * perPut + at) % lines.length] ?? ''),
      ),
    }));
    const command = new PutRecordsCommand({ StreamName: 'fresh', Records: records });
    // The next one is due before the emulator has answered.
    answers.push(peer.client.send(command).then(() => waiting.set(marker, performance.now())));
  }
  await Promise.all(answers);
  const tookMs = performance.now() - startedAtMs;
  over.abort();
  await watching;
  const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  const rate = (puts * perPut * 1000) / tookMs;
  report({
    what: 'Kinesis: put → visible to SQL, 4 shards, 900 events/s',
    value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    peer: '',
    ratio: undefined,
    goal: `p99 ≤ ${thousands(fresh.p99Ms)} ms`,
    isMet:
      p99 <= fresh.p99Ms && latenciesMs.length === puts && rate >= 0.98 * fresh.eventsPerSecond,
    isBehindPeer: false,
    detail:
      `kinesalite, one read a second and shard, ${fresh.seconds} s, ${thousands(rate)} events/s ` +
      `put; ${latenciesMs.length} of ${puts} markers seen by asking again and again`,
  });

  async function watch(): Promise<void> {
    const endAtMs = performance.now() + (fresh.seconds + 60) * 1000;
    while ((!over.signal.aborted || waiting.size > 0) && performance.now() < endAtMs) {
      // A record may be seen before its put is answered.
      const oldest = Math.min(...waiting.keys(), id - putsInFlight);
      const seen = await helios
        .query(`SELECT id FROM fresh WHERE id >= ${oldest}`)
        .catch(() => undefined);
      const nowMs = performance.now();
      for (const [marker] of seen?.rows ?? []) {
        const putAtMs = waiting.get(Number(marker));
        if (putAtMs === undefined) continue;
        waiting.delete(Number(marker));
        latenciesMs.push(Math.max(0, nowMs - putAtMs));
      }
      await sleep(askEveryMs);
    }
  }
}

/** CPU of Helios while it reads, decodes and writes at a steady rate. */
async function measureCost(): Promise<void> {
  using workspace = new Workspace('kinesis-cost');
  const lineBytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  const rate = Math.ceil(busy.bytesPerSecond / lineBytes / busy.shards);
  const replay = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'kinesis-replay.ts'),
      ...['--file', file, '--shards', String(busy.shards), '--rate', String(rate)],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  try {
    const [line] = (await once(replay.stdout, 'data')) as [Buffer];
    await using helios = await startHelios(workspace, 'replay', line.toString().trim());
    // It began with nothing: it has caught up when it lacks no more than two polls bring.
    const startedAtMs = performance.now();
    const perSecond = rate * busy.shards;
    let seen = 0;
    while (seen < ((performance.now() - startedAtMs) / 1000 - 2) * perSecond || seen === 0) {
      await sleep(500);
      seen = await helios.queryNumber('SELECT count(*) FROM replay').catch(() => 0);
    }
    const countBefore = await helios.queryNumber('SELECT count(*) FROM replay');
    const cpuBeforeMs = treeCpuMs(helios.pid);
    const measuredFromMs = performance.now();
    await sleep(busy.seconds * 1000);
    const tookMs = performance.now() - measuredFromMs;
    const cores = (treeCpuMs(helios.pid) - cpuBeforeMs) / tookMs;
    const count = (await helios.queryNumber('SELECT count(*) FROM replay')) - countBefore;
    const megabytesPerSecond = (count * lineBytes) / tookMs / 1000;
    // It may still be catching up a little.
    const coresAtGoal = (cores * busy.bytesPerSecond) / 1e6 / megabytesPerSecond;
    say(`${cores.toFixed(2)} cores at ${megabytesPerSecond.toFixed(1)} MB/s`);
    report({
      what: 'Kinesis: CPU of the whole process at 10 MB/s',
      value: `${coresAtGoal.toFixed(2)} cores`,
      peer: '',
      ratio: undefined,
      goal: `under ${busy.coresMax} cores`,
      isMet: coresAtGoal < busy.coresMax && megabytesPerSecond > 9,
      isBehindPeer: false,
      detail:
        `${busy.shards} shards played from a file, JSON into a Delta table, ${busy.seconds} s: ` +
        `${megabytesPerSecond.toFixed(1)} MB/s, ${thousands((count * 1000) / tookMs)} events/s`,
    });
  } finally {
    replay.kill();
  }
}

async function startHelios(
  workspace: Workspace,
  stream: string,
  endpoint: string,
): Promise<HeliosProcess> {
  const helios = await HeliosProcess.start({
    dataDirectory: workspace.inside('data'),
    environment: { ...environment, AWS_ENDPOINT_URL: endpoint },
  });
  await helios.call('POST', '/api/v1/pipelines', {
    name: stream,
    sql: `CREATE TABLE source (${eventColumnList}) WITH (connector = 'kinesis',
        stream_name = '${stream}', aws_region = 'us-east-1', aws_endpoint = '${endpoint}',
        'source.offset' = 'earliest', format = 'json', type = 'source');
      CREATE TABLE ${stream} WITH (connector = 'delta', path = 'file://${workspace.inside(stream)}',
        format = 'parquet', type = 'sink', 'rolling_policy.interval' = interval '10 seconds');
      INSERT INTO ${stream} SELECT * FROM source;`,
  });
  return helios;
}
