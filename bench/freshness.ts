/** Event accepted → visible to SQL, at 20,000 events a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load } from './helios.ts';
import { Markers } from './markers.ts';
import { median, milliseconds, quantile, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rate = 20_000;
const eventsPerBody = 20;
const seconds = scaled(settings, 20, 3);
const goal = { p50Ms: 150, p99Ms: 500 };

using workspace = new Workspace('freshness');
const file = await shopEventsFile(postedEvents(200_000));
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await createPipeline(helios, {
  name: 'fresh',
  path: workspace.inside('fresh'),
  interval: '10 seconds',
});
const url = `${await helios.ready()}/ingest/bench`;
const markers = new Markers(helios);
const { latenciesMs, asksMs } = markers;
const over = new AbortController();

const loading = load({
  url,
  file,
  seconds: String(seconds),
  rate: String(rate),
  events: String(eventsPerBody),
});
await sleep(1_000);
const watching = markers.watch(over.signal);
const sent = await markers.sendFor(seconds * 1000, 'answer', async (event) => {
  const response = await fetch(url, { method: 'POST', body: event });
  await response.text();
  return response.status === 200;
});
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
