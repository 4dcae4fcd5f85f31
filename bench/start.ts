/** From the process's start to its first answer, and what it takes when idle. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { memoryBytes } from './helios.ts';
import { median, megabytes, milliseconds, report, timed } from './measurement.ts';
import { Workspace } from './workspace.ts';

const rounds = 5;
const idleMs = 5_000;
const goal = { startMs: 1_000, idleBytes: 250e6 };

using workspace = new Workspace('start');
const startsMs: number[] = [];
const idleBytes: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const helios = new HeliosProcess({ dataDirectory: workspace.inside('data') });
  const { tookMs } = await timed(async () => await helios.query('SELECT 1'));
  startsMs.push(tookMs);
  if (round === rounds) {
    await sleep(idleMs);
    idleBytes.push(memoryBytes(helios.pid));
  }
  await helios.stop();
}
report({
  what: 'process start → first answer over HTTP',
  value: milliseconds(median(startsMs)),
  peer: '',
  ratio: undefined,
  goal: '< 1 s',
  isMet: median(startsMs) < goal.startMs,
});
report({
  what: 'memory when idle, all processes (PSS)',
  value: megabytes(median(idleBytes)),
  peer: '',
  ratio: undefined,
  goal: '≤ 250 MB',
  isMet: median(idleBytes) <= goal.idleBytes,
});
