import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from './base/clock.ts';
import { armCrashPoint } from './base/crash-point.ts';
import { runCli } from './cli/cli.ts';
import type { CliContext } from './cli/context.ts';

const version = '0.1.0';
const packageRoot = join(fileURLToPath(import.meta.url), '..', '..');

/** SIGINT and SIGTERM; the second one ends the process at once. */
function onInterrupt(listener: () => void): () => void {
  let count = 0;
  const handle = (): void => {
    count++;
    if (count > 1) process.exit(130);
    listener();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}

const crash = process.env['HELIOS_CRASH_AT'];
if (crash !== undefined) {
  // Asleep instead of dead, for tests of two processes that own one pipeline.
  const signal = crash.endsWith(':SIGSTOP') ? 'SIGSTOP' : 'SIGKILL';
  armCrashPoint(crash, () => process.kill(process.pid, signal));
}

const consoleDirectory = join(packageRoot, 'dist', 'console');
const host = {
  workingDirectory: process.cwd(),
  environment: process.env,
  version,
  consoleDirectory,
};

const context: CliContext = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isStdinTty: process.stdin.isTTY,
  isStdoutTty: process.stdout.isTTY,
  isStderrTty: process.stderr.isTTY,
  columns: () => process.stdout.columns,
  environment: process.env,
  workingDirectory: process.cwd(),
  homeDirectory: homedir(),
  examplesDirectory: join(packageRoot, 'examples'),
  version,
  clock: systemClock,
  random: Math.random,
  onInterrupt,
  // What a command doesn't need isn't loaded: that is most of the time until it begins.
  startHelios: async (options) => {
    const { launchHelios } = await import('./runtime/launch.ts');
    return await launchHelios(options, host);
  },
  runPipeline: async (options) => {
    const { runPipeline } = await import('./runtime/run.ts');
    return await runPipeline(options, process.env);
  },
};

process.exitCode = await runCli(process.argv.slice(2), context);
