/** Memory of all processes while 100,000 events a second come in. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load, memoryBytes, untilAtLeast } from './helios.ts';
import { megabytes, report, seconds as secondsText, thousands, timed } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rate = 100_000;
const seconds = scaled(settings, 20, 3);
const goalBytes = 1e9;
/** How much of the rate must be accepted and how soon after the end SQL must have seen it all. */
const keptShare = 0.98;
const behindMsMax = 3_000;
const sampleEveryMs = 250;

using workspace = new Workspace('memory');
const file = await shopEventsFile(postedEvents(200_000));
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
const sql = 'SELECT count(*) FROM busy';
const visible = await helios.queryNumber(sql);
const { tookMs: behindMs } = await timed(async () => {
  await untilAtLeast(helios, sql, { least: summary.eventsAll, pauseMs: 50 });
});
over.abort();
await watching;
const accepted = summary.events / seconds;
const isKept = accepted >= keptShare * rate && behindMs <= behindMsMax;
report({
  what: `peak memory at ${thousands(rate)} events/s, all processes (PSS)`,
  value: `${megabytes(peakBytes)}, ${thousands(accepted)} events/s accepted`,
  peer: '',
  ratio: undefined,
  goal: `≤ 1,000 MB, the rate kept`,
  isMet: peakBytes <= goalBytes && isKept,
  isBehindPeer: false,
  detail:
    `bodies of 1,000 events for ${seconds} s; when the load ended SQL saw ` +
    `${thousands(visible)} of ${thousands(summary.eventsAll)} events, and all of them ` +
    `${secondsText(behindMs)} later; ${summary.refused} requests were refused`,
});

async function watch(): Promise<void> {
  while (!over.signal.aborted) {
    peakBytes = Math.max(peakBytes, memoryBytes(helios.pid));
    await sleep(sampleEveryMs);
  }
}
