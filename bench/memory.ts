/** Memory of all processes while 100,000 events a second come in. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { createPipeline, load, memoryBytes } from './helios.ts';
import { megabytes, report, thousands } from './measurement.ts';
import { shopEventsFile, Workspace } from './workspace.ts';

const rate = 100_000;
const seconds = 20;
const goalBytes = 1e9;

using workspace = new Workspace('memory');
const file = await shopEventsFile(200_000);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await createPipeline(helios, {
  name: 'busy',
  path: workspace.inside('busy'),
  interval: '10 seconds',
});
let peakBytes = 0;
const over = new AbortController();
const watching = watch();
const summary = await load({
  url: `${await helios.ready()}/ingest/bench`,
  file,
  seconds: String(seconds),
  rate: String(rate),
  events: '1000',
});
const visible = await helios.queryNumber('SELECT count(*) FROM busy');
over.abort();
await watching;
const accepted = summary.events / seconds;
report({
  what: `peak memory at ${thousands(accepted)} events/s, all processes (PSS)`,
  value: megabytes(peakBytes),
  peer: `${thousands(visible)} of ${thousands(summary.events)} events visible at its end`,
  ratio: undefined,
  goal: '≤ 1,000 MB at 100,000 events/s',
  isMet: peakBytes <= goalBytes && accepted >= 0.98 * rate && visible >= 0.95 * summary.events,
});

async function watch(): Promise<void> {
  while (!over.signal.aborted) {
    peakBytes = Math.max(peakBytes, memoryBytes(helios.pid));
    await sleep(250);
  }
}
