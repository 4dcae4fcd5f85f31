/**
 * `npm run bench [-- name…]`: runs the benchmarks one after another, each in a process of its own, prints
 * each number beside its goal, and writes docs/benchmarks.md when all of them ran.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from './measurement.ts';

const names = ['json-delta', 'ingest', 'freshness', 'query', 'top5', 'start', 'memory', 'recovery'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}; there are ${names.join(', ')}.`);
const folder = mkdtempSync(join(tmpdir(), 'helios-bench-'));
const results: Measurement[] = [];
for (const name of asked.length === 0 ? names : asked) {
  console.log(`\n${name}`);
  results.push(...(await run(name)));
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${table(results)}`);
if (asked.length === 0) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'benchmarks.md'), page(results));
}

async function run(name: string): Promise<readonly Measurement[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HELIOS_BENCH_FOLDER: folder },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.split('\n').filter((line) => line !== '');
  const measured = lines.map((line) => JSON.parse(line) as Measurement);
  for (const one of measured) console.log(`  ${one.what}: ${one.value}, goal ${one.goal}`);
  if (code === 0) return measured;
  const what = `${name} failed with exit code ${String(code)}`;
  return [...measured, { what, value: '', peer: '', ratio: undefined, goal: '', isMet: false }];
}

function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ what, value, peer, ratio, goal, isMet }) => [
    what,
    value,
    peer,
    ratio === undefined ? '' : ratio.toFixed(2),
    goal,
    isMet ? 'yes' : '**no**',
  ]);
  const lines = [['what', 'measured', 'beside', 'ratio', 'goal', 'met'], Array(6).fill('---')];
  return [...lines, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function page(measurements: readonly Measurement[]): string {
  const lost = measurements.filter(({ isMet }) => !isMet).map(({ what }) => `- ${what}`);
  return `# Benchmarks

Written by \`npm run bench\`; one benchmark alone: \`npm run bench -- freshness\`. Each number stands beside a peer or a
limit from the same run on the same machine; the ratio is what counts.

${table(measurements)}

Where it loses:

${lost.length === 0 ? 'nowhere in this list.' : lost.join('\n')}

## The machine

${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GB; ${platform()} ${release()};
Node ${process.versions.node}, DuckDB ${versionOf('@duckdb/node-api')}, Helios ${versionOf('.')}; ${new Date().toISOString().slice(0, 10)}.
The load generator, the server and the peer share these cores.
`;
}

function versionOf(name: string): string {
  const root = join(import.meta.dirname, '..');
  const path = name === '.' ? root : join(root, 'node_modules', name);
  const facts = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string };
  return facts.version;
}
