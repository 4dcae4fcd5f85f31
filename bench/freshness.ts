/** Event accepted → visible to SQL, at 20,000 events a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load } from './helios.ts';
import { median, milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rate = 20_000;
const eventsPerBody = 20;
const seconds = scaled(settings, 20, 3);
const markersEveryMs = 50;
const goal = { p50Ms: 150, p99Ms: 500 };
/** Between two questions; a marker is seen by asking again and again. */
const askEveryMs = 5;
/** When the load is over, the markers that are still unseen get so long. */
const patienceMs = 10_000;
/** A marker is an event like the others, with an id above all of theirs. */
const markerIdStart = 1_000_000_000;

using workspace = new Workspace('freshness');
const file = await shopEventsFile(postedEvents(200_000));
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await createPipeline(helios, {
  name: 'fresh',
  path: workspace.inside('fresh'),
  interval: '10 seconds',
});
const url = `${await helios.ready()}/ingest/bench`;
const acceptedAtMs = new Map<number, number>();
const latenciesMs: number[] = [];
const asksMs: number[] = [];
const over = new AbortController();

const loading = load({
  url,
  file,
  seconds: String(seconds),
  rate: String(rate),
  events: String(eventsPerBody),
});
await sleep(1_000);
const watching = watch();
const sent = await sendMarkers();
const { events } = await loading;
over.abort();
await watching;
say(`${thousands(events / seconds)} events/s, ${latenciesMs.length} of ${sent} markers seen`);
const [p50, p99] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
const isKept = events / seconds >= 0.98 * rate && latenciesMs.length === sent;
report({
  what: `event accepted → visible to SQL, at ${thousands(rate)} events/s`,
  value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
  peer: '',
  ratio: undefined,
  goal: `p50 ≤ ${goal.p50Ms} ms, p99 ≤ ${goal.p99Ms} ms`,
  isMet: p50 <= goal.p50Ms && p99 <= goal.p99Ms && isKept,
  isBehindPeer: false,
  detail:
    `bodies of ${eventsPerBody} events for ${seconds} s, ${thousands(events / seconds)} ` +
    `events/s accepted; ${latenciesMs.length} of ${sent} markers seen by asking again and again, ` +
    `a question takes ${milliseconds(median(asksMs))} and is part of the latency`,
});

/** One at a time, so that they become visible in the order of their ids; gives how many. */
async function sendMarkers(): Promise<number> {
  const startedAtMs = performance.now();
  let id = markerIdStart;
  while (performance.now() - startedAtMs < seconds * 1000) {
    const response = await fetch(url, { method: 'POST', body: `{"id":${id},"type":"marker"}` });
    await response.text();
    if (response.status === 200) acceptedAtMs.set(id++, performance.now());
    const dueAtMs = startedAtMs + (id - markerIdStart) * markersEveryMs;
    await sleep(Math.max(1, dueAtMs - performance.now()));
  }
  return id - markerIdStart;
}

/** Until the load is over and all markers have been seen. */
async function watch(): Promise<void> {
  let seen = markerIdStart - 1;
  let endAtMs = Number.POSITIVE_INFINITY;
  while (!over.signal.aborted || latenciesMs.length < acceptedAtMs.size) {
    if (over.signal.aborted) endAtMs = Math.min(endAtMs, performance.now() + patienceMs);
    if (performance.now() > endAtMs) return;
    const askedAtMs = performance.now();
    const newest = await helios.queryNumber(
      `SELECT coalesce(max(id), 0) FROM fresh WHERE id > ${seen}`,
    );
    const nowMs = performance.now();
    asksMs.push(nowMs - askedAtMs);
    while (seen < newest) {
      seen++;
      latenciesMs.push(Math.max(0, nowMs - (acceptedAtMs.get(seen) ?? nowMs)));
    }
    await sleep(askEveryMs);
  }
}
