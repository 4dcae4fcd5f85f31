/** HTTP ingest with durable answers, against a bare server that only fsyncs in groups. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { load } from './helios.ts';
import type { LoadSummary } from './load.ts';
import { median, megabytes, milliseconds, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const seconds = scaled(settings, 4);
const rounds = settings.rounds ?? 3;
const ratioMin = 0.7;
/**
 * What the bare server keeps, too: on a virtual machine, pages of the file cache that hold deleted
 * files take new bytes three times as fast as pages never used before.
 */
const keptBytes = 256 * 1024 * 1024;
const cases = [
  { name: 'bodies of 1 event', size: { events: '1' }, connections: 64, megabytesMin: 0 },
  { name: 'bodies of 100 events', size: { events: '100' }, connections: 16, megabytesMin: 0 },
  { name: 'bodies of 1 MB', size: { bytes: '1000000' }, connections: 8, megabytesMin: 150 },
];

using workspace = new Workspace('ingest');
const file = await shopEventsFile(postedEvents(200_000));
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await helios.call('POST', '/api/v1/streams', { name: 'bench', retention_bytes: keptBytes });
const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-server.ts'), workspace.path]);
try {
  await compare(await firstLine(bare), `${await helios.ready()}/ingest/bench`);
} finally {
  bare.kill();
}

async function compare(bareUrl: string, heliosUrl: string): Promise<void> {
  for (const { name, size, connections, megabytesMin } of cases) {
    const options = { ...size, connections: String(connections), seconds: String(seconds), file };
    const ours: LoadSummary[] = [];
    const theirs: LoadSummary[] = [];
    for (let round = 1; round <= rounds; round++) {
      theirs.push(await load({ url: bareUrl, ...options }));
      ours.push(await load({ url: heliosUrl, ...options }));
      say(`${name}: bare ${rates(theirs.slice(-1))}, Helios ${rates(ours.slice(-1))}`);
    }
    const ratio = bytesPerSecond(ours) / bytesPerSecond(theirs);
    report({
      what: `HTTP ingest, durable answer, ${name}, ${connections} connections`,
      value: rates(ours),
      peer: `bare node:http with group fsync: ${rates(theirs)}`,
      ratio,
      goal: `≥ ${ratioMin}${megabytesMin === 0 ? '' : ` and ≥ ${megabytesMin} MB/s`}`,
      isMet: ratio >= ratioMin && bytesPerSecond(ours) >= megabytesMin * 1e6,
      isBehindPeer: ratio < 1,
      detail: `answers: Helios ${answers(ours)}, bare ${answers(theirs)}`,
    });
  }
}

function bytesPerSecond(summaries: readonly LoadSummary[]): number {
  return median(summaries.map((summary) => summary.bytes / summary.seconds));
}

function rates(summaries: readonly LoadSummary[]): string {
  const events = median(summaries.map((summary) => summary.events / summary.seconds));
  return `${thousands(events)} events/s, ${megabytes(bytesPerSecond(summaries))}/s`;
}

function answers(summaries: readonly LoadSummary[]): string {
  const p50 = median(summaries.map((summary) => summary.answerMsP50));
  const p99 = median(summaries.map((summary) => summary.answerMsP99));
  return `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return line;
}
