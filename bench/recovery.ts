/** kill -9 under load → the first new row that SQL sees after the restart. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load, untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, thousands, timed } from './measurement.ts';
import { readSettings } from './settings.ts';
import { Workspace } from './workspace.ts';

const rounds = readSettings().rounds ?? 5;
const rate = 20_000;
/** Killed so long after the load began. */
const killAfterMs = 3_000;
const loadSeconds = 5;
const goalMs = 3_000;
/** A marker is an event like the others, with an id above all of theirs. */
const markerIdStart = 1_000_000_000;

using workspace = new Workspace('recovery');
const dataDirectory = workspace.inside('data');
const file = await shopEventsFile(postedEvents(200_000));
const tookMs: number[] = [];
let helios = await HeliosProcess.start({ dataDirectory });
await createPipeline(helios, {
  name: 'again',
  path: workspace.inside('again'),
  interval: '10 seconds',
});
try {
  for (let round = 1; round <= rounds; round++) {
    await loadAndKill();
    const { tookMs: onceMs } = await timed(async () => await recover(markerIdStart + round));
    say(`recovered in ${milliseconds(onceMs)}`);
    tookMs.push(onceMs);
  }
} finally {
  await helios.stop();
}
report({
  what: `start after kill -9 at ${thousands(rate)} events/s → first new row in SQL`,
  value: `${milliseconds(median(tookMs))}, at most ${milliseconds(Math.max(...tookMs))}`,
  peer: '',
  ratio: undefined,
  goal: '< 3 s',
  isMet: Math.max(...tookMs) < goalMs,
  isBehindPeer: false,
  detail:
    `killed ${rounds} times, ${killAfterMs / 1000} s after the load began; from the new ` +
    `process's start, through its first accepted event, until SQL sees that event`,
});

async function loadAndKill(): Promise<void> {
  const loading = load({
    url: `${await helios.ready()}/ingest/bench`,
    file,
    seconds: String(loadSeconds),
    rate: String(rate),
  });
  await sleep(killAfterMs);
  helios.kill('SIGKILL');
  await helios.exited;
  await loading;
}

async function recover(markerId: number): Promise<void> {
  helios = await HeliosProcess.start({ dataDirectory });
  const body = `{"id":${markerId},"type":"marker"}`;
  const response = await helios.request('/ingest/bench', { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
  await response.text();
  const sql = 'SELECT coalesce(max(id), 0) FROM again';
  await untilAtLeast(helios, sql, { least: markerId, pauseMs: 10 });
}
