import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The kernel's unit of CPU time in /proc (USER_HZ), the same on all common machines. */
const tickMs = 10;

/** How long a program took from its start to its end, and what CPU it used. */
export type ProgramCost = { readonly wallMs: number; readonly cpuMs: number };

/** Runs a TypeScript program to its end with the Node of this process; throws when it fails. */
export function runProgram(path: string, options: readonly string[]): ProgramCost {
  const cpuBeforeMs = cpuOfEndedChildrenMs();
  const startedAtMs = performance.now();
  const outcome = spawnSync(process.execPath, [path, ...options], { encoding: 'utf8' });
  const wallMs = performance.now() - startedAtMs;
  if (outcome.status !== 0) throw new Error(`${path}: ${outcome.stdout}${outcome.stderr}`);
  return { wallMs, cpuMs: cpuOfEndedChildrenMs() - cpuBeforeMs };
}

/** `helios run FILE`. */
export function runHelios(scriptPath: string): ProgramCost {
  return runProgram(join(import.meta.dirname, '..', 'src', 'main.ts'), ['run', scriptPath]);
}

/** What a program of this folder prints on stdout; its stderr goes to whoever watches. */
export async function outputOf(name: string, options: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}`);
  return output;
}

/** User and system time of a process and all below it, those that have ended included. */
export function treeCpuMs(pid: number): number {
  const text = readProcess(`${pid}/stat`);
  if (text === '') return 0;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) * tickMs;
  return childrenOf(pid).reduce((sum, child) => sum + treeCpuMs(child), own);
}

/** Processes that a process has started and that haven't ended. */
export function childrenOf(pid: number): readonly number[] {
  const tasks = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  return tasks
    .flatMap((task) => readProcess(`${pid}/task/${task}/children`).split(' '))
    .filter((text) => text !== '')
    .map(Number);
}

/** A file below /proc; empty for a process or thread that has ended. */
export function readProcess(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** User and system time of the children that have ended, with theirs: cutime, cstime of proc(5). */
function cpuOfEndedChildrenMs(): number {
  const text = readFileSync('/proc/self/stat', 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}
