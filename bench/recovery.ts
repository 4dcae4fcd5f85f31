/** kill -9 under load → the first new row that SQL sees after the restart. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { createPipeline, load, untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, timed } from './measurement.ts';
import { shopEventsFile, Workspace } from './workspace.ts';

const rounds = 5;
const goalMs = 3_000;

using workspace = new Workspace('recovery');
const dataDirectory = workspace.inside('data');
const file = await shopEventsFile(200_000);
const tookMs: number[] = [];
let helios = await HeliosProcess.start({ dataDirectory });
await createPipeline(helios, {
  name: 'again',
  path: workspace.inside('again'),
  interval: '10 seconds',
});
for (let round = 1; round <= rounds; round++) {
  const url = `${await helios.ready()}/ingest/bench`;
  const loading = load({ url, file, seconds: '3', rate: '20000' });
  await sleep(3_000);
  helios.kill('SIGKILL');
  await helios.exited;
  await loading;
  const probe = 2_000_000_000 + round;
  const { tookMs: recoveredMs } = await timed(async () => {
    helios = await HeliosProcess.start({ dataDirectory });
    const body = `{"id":${probe},"type":"probe"}`;
    await helios.request('/ingest/bench', { method: 'POST', body });
    await untilAtLeast(helios, 'SELECT max(id) FROM again', { least: probe, pauseMs: 10 });
  });
  say(`recovered in ${milliseconds(recoveredMs)}`);
  tookMs.push(recoveredMs);
}
await helios.stop();
report({
  what: 'start after kill -9 at 20,000 events/s → first new row in SQL',
  value: milliseconds(median(tookMs)),
  peer: '',
  ratio: undefined,
  goal: '< 3 s',
  isMet: median(tookMs) < goalMs,
});
