/** Event accepted → visible to SQL, at 20,000 events a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { createPipeline, load } from './helios.ts';
import { milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { shopEventsFile, Workspace } from './workspace.ts';

const rate = 20_000;
const seconds = 20;
const goal = { p50Ms: 150, p99Ms: 500 };
/** A probe is an event like the others, with an id above all of theirs. */
const probeIdStart = 1_000_000_000;

using workspace = new Workspace('freshness');
const file = await shopEventsFile(200_000);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
const table = { name: 'fresh', path: workspace.inside('fresh'), interval: '10 seconds' };
await createPipeline(helios, table);
const url = `${await helios.ready()}/ingest/bench`;
const acceptedAtMs = new Map<number, number>();
const latenciesMs: number[] = [];
const over = new AbortController();

const loading = load({ url, file, seconds: String(seconds), rate: String(rate) });
await sleep(2_000);
const watching = watch();
for (let id = probeIdStart; id < probeIdStart + seconds * 8; id++) {
  await fetch(url, { method: 'POST', body: `{"id":${id},"type":"probe"}` });
  acceptedAtMs.set(id, performance.now());
  await sleep(100);
}
const { events } = await loading;
await sleep(1_000);
over.abort();
await watching;
say(`${thousands(events / seconds)} events/s, ${latenciesMs.length} probes`);
const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
report({
  what: `event accepted → visible to SQL, at ${thousands(events / seconds)} events/s`,
  value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
  peer: 'seen by asking again and again: the question’s own time is in it',
  ratio: undefined,
  goal: `p50 ≤ ${goal.p50Ms} ms, p99 ≤ ${goal.p99Ms} ms`,
  isMet: p50 <= goal.p50Ms && p99 <= goal.p99Ms,
});

async function watch(): Promise<void> {
  let seen = probeIdStart - 1;
  while (!over.signal.aborted) {
    const newest = await helios.queryNumber('SELECT max(id) FROM fresh');
    const nowMs = performance.now();
    for (; seen < newest; seen++) {
      const accepted = acceptedAtMs.get(seen + 1);
      if (accepted !== undefined) latenciesMs.push(Math.max(0, nowMs - accepted));
    }
    await sleep(5);
  }
}
