import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from './measurement.ts';

export type Result = Measurement & {
  readonly benchmark: string;
  readonly date: string;
  readonly isFailed: boolean;
  /** What the run before it measured, where there was one. */
  readonly before?: string | undefined;
};

/**
 * docs/benchmarks.json keeps the newest result of each measurement and what was measured before it;
 * docs/benchmarks.md is written from it. A run of some benchmarks leaves the results of the others.
 */
export class ResultsDocument {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `benchmarks`: all of them, in the document's order. */
  write(benchmarks: readonly string[], results: readonly Result[]): void {
    const path = join(this.#folder, 'benchmarks.json');
    const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Result[]) : [];
    const ran = new Set(results.map(({ benchmark }) => benchmark));
    const kept = known.filter(({ benchmark }) => !ran.has(benchmark));
    const renewed = results.map((result) => withBefore(result, known));
    const merged = benchmarks.flatMap((name) =>
      [...kept, ...renewed].filter(({ benchmark }) => benchmark === name),
    );
    writeFileSync(path, `${JSON.stringify(merged, undefined, 2)}\n`);
    writeFileSync(join(this.#folder, 'benchmarks.md'), page(merged));
  }
}

/** As Markdown, which a terminal shows well enough. */
export function resultTable(results: readonly Result[]): string {
  const header = ['what', 'measured', 'beside it', 'ratio', 'goal', 'met?', 'before'];
  const rows = results.map((result) => [
    result.what,
    result.value,
    result.peer,
    ratioText(result),
    result.goal,
    metText(result),
    result.before ?? '',
  ]);
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function withBefore(result: Result, known: readonly Result[]): Result {
  const previous = known.find(({ what }) => what === result.what);
  if (previous === undefined) return result;
  const ratio = ratioText(previous);
  const value = ratio === '' ? previous.value : `${previous.value}, ratio ${ratio}`;
  return { ...result, before: `${value} (${previous.date})` };
}

function metText({ isMet }: Result): string {
  if (isMet === undefined) return 'too small to tell';
  return isMet ? 'yes' : '**no**';
}

function ratioText({ ratio }: Result): string {
  return ratio === undefined ? '' : ratio.toFixed(2);
}

function page(results: readonly Result[]): string {
  const missed = results.filter(({ isMet }) => isMet === false).map(missedText);
  const behind = results.filter((one) => one.isMet !== false && one.isBehindPeer).map(behindText);
  const details = results
    .filter(({ detail }) => detail !== '')
    .map(({ what, detail, date }) => `- ${what}: ${detail}. Measured ${date}.`);
  return `# Benchmarks

Written by \`npm run bench\`. Each number stands beside a peer or a limit measured in the same run
on the same machine. The ratio is what counts: it is that of the medians of several runs that
alternate with the peer's, in the direction of its goal. "Before" is what the run before measured.

${resultTable(results)}

## Where Helios loses

Goals that are missed:

${list(missed)}

The goal is met, but the peer is better:

${list(behind)}

## What exactly was measured

${list(details)}

## Commands

\`\`\`
npm run bench                                   all of it
npm run bench -- ingest freshness               some of it
npm run bench -- top5 --rows 100000000          the large table: 20 GB of disk, many minutes
npm run bench -- streaming --queries hop,q5     some of the streams; some 20 minutes for all
npm run bench -- query --scale 0.1 --rounds 1   a quick trial, which writes nothing
\`\`\`

## The machine

${machine()} The load generator, the server and the peer share these cores.
`;
}

function missedText({ what, value, ratio, goal, isFailed }: Result): string {
  if (isFailed) return `- ${what}: it failed.`;
  const ratioPart = ratio === undefined ? '' : `, ratio ${ratio.toFixed(2)}`;
  return `- ${what}: ${value}${ratioPart}; the goal is ${goal}.`;
}

function behindText(result: Result): string {
  return `- ${result.what}: ${result.value}. ${result.peer}. Ratio ${ratioText(result)}.`;
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? '- nothing' : lines.join('\n');
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`;
  return (
    `${model}, ${availableParallelism()} cores, ${memory}; ${platform()} ${release()};\n` +
    `Node ${process.versions.node}, DuckDB ${versionOf('node_modules/@duckdb/node-api')}, ` +
    `Helios ${versionOf('.')}.`
  );
}

function versionOf(folder: string): string {
  const path = join(import.meta.dirname, '..', folder, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
