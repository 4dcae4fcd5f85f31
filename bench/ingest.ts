/** HTTP ingest with durable answers, against a bare server that only fsyncs in groups. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { load } from './helios.ts';
import { median, report, say, thousands } from './measurement.ts';
import { shopEventsFile, Workspace } from './workspace.ts';

const seconds = '4';
const rounds = 3;
const cases = [
  { name: 'bodies of 100 events', options: { events: '100', connections: '32' }, megabytesMin: 0 },
  { name: 'bodies of 1 MB', options: { bytes: '1000000', connections: '8' }, megabytesMin: 150 },
];

using workspace = new Workspace('ingest');
const file = await shopEventsFile(200_000);
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
await helios.call('POST', '/api/v1/streams', { name: 'bench', retention_bytes: 2_000_000_000 });
const bare = spawn(process.execPath, [
  join(import.meta.dirname, 'bare-server.ts'),
  workspace.inside('bare.log'),
]);
const bareUrl = await firstLine(bare);
const heliosUrl = `${await helios.ready()}/ingest/bench`;

for (const { name, options, megabytesMin } of cases) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    theirs.push(await bytesPerSecond(bareUrl, options));
    ours.push(await bytesPerSecond(heliosUrl, options));
    say(`${name}: bare ${mbps(theirs.at(-1)!)}, Helios ${mbps(ours.at(-1)!)}`);
  }
  const ratio = median(ours) / median(theirs);
  const isMet = ratio >= 0.7 && median(ours) >= megabytesMin * 1e6;
  report({
    what: `HTTP ingest, durable answer, ${name}`,
    value: `${mbps(median(ours))} (${thousands(median(ours) / 265)} events/s)`,
    peer: `bare node:http with group fsync: ${mbps(median(theirs))}`,
    ratio,
    goal: megabytesMin === 0 ? '≥ 0.7' : `≥ 0.7 and ≥ ${megabytesMin} MB/s`,
    isMet,
  });
}
bare.kill();

async function bytesPerSecond(
  url: string,
  options: Readonly<Record<string, string>>,
): Promise<number> {
  const summary = await load({ url, file, seconds, ...options });
  if (summary.refused > 0) say(`${summary.refused} requests refused`);
  return summary.bytes / summary.seconds;
}

function mbps(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB/s`;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return line;
}
