/** From the process's start to its first answer in SQL, and what it takes when idle. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { memoryBytes } from './helios.ts';
import { median, megabytes, milliseconds, report, timed } from './measurement.ts';
import { readSettings } from './settings.ts';
import { Workspace } from './workspace.ts';

const rounds = readSettings().rounds ?? 5;
/** Long enough for the spare query process to be there. */
const idleMs = 5_000;
const goal = { startMs: 1_000, idleBytes: 250e6 };

using workspace = new Workspace('start');
const startsMs: number[] = [];
let idleBytes = 0;
for (let round = 1; round <= rounds; round++) {
  await using helios = new HeliosProcess({ dataDirectory: workspace.inside('data') });
  const { tookMs } = await timed(async () => await helios.query('SELECT 1'));
  startsMs.push(tookMs);
  if (round === rounds) {
    await sleep(idleMs);
    idleBytes = memoryBytes(helios.pid);
  }
  await helios.stop();
}
const [firstMs = Number.NaN] = startsMs;
report({
  what: 'process start → first answer of a SQL query over HTTP',
  value: milliseconds(median(startsMs)),
  peer: '',
  ratio: undefined,
  goal: '< 1 s',
  isMet: median(startsMs) < goal.startMs,
  isBehindPeer: false,
  detail:
    `${rounds} starts; ${milliseconds(firstMs)} with an empty data directory, ` +
    `${milliseconds(Math.max(...startsMs))} at the most`,
});
report({
  what: 'memory when idle, all processes (PSS)',
  value: megabytes(idleBytes),
  peer: '',
  ratio: undefined,
  goal: '≤ 250 MB',
  isMet: idleBytes <= goal.idleBytes,
  isBehindPeer: false,
  detail: `${idleMs / 1000} s after the first query, sum of /proc/PID/smaps_rollup`,
});
